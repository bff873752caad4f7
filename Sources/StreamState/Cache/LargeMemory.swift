internal import Glibc

/// Memory that is read here and there, in huge pages where it is large enough for them and the system
/// has them: of a few hundred MiB in pages of 4 KiB nearly every read would first have to look up its
/// page.
@safe enum LargeMemory {
    /// The size of a huge page.
    static let pageByteCount = 2 << 20

    static func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= pageByteCount else {
            return .allocate(byteCount: byteCount, alignment: alignment)
        }
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount, alignment: pageByteCount)
        // Advice: where it can't be followed, small pages do.
        _ = unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
        return unsafe memory
    }
}
