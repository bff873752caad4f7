internal import CSimdJSON

/// How one encoded path stands to another.
enum PathRelation {
    /// It is the same path.
    case equal
    /// It leads to a container of what the other leads to.
    case above
    /// It leads into what the other leads to.
    case below
    /// Neither contains the other.
    case apart

    /// How `path` stands to `other`.
    init(of path: UnsafeRawBufferPointer, to other: UnsafeRawBufferPointer) {
        let shared = min(path.count, other.count)
        // The first step is a name, whose hash and length say enough of most.
        if shared >= 8 {
            let first = unsafe path.loadUnaligned(as: UInt64.self)
            if unsafe first != other.loadUnaligned(as: UInt64.self) {
                self = .apart
                return
            }
        }
        guard unsafe csimdjson_equal(path.baseAddress, other.baseAddress, shared) else {
            self = .apart
            return
        }
        if path.count == other.count {
            self = .equal
        } else {
            self = path.count < other.count ? .above : .below
        }
    }
}
