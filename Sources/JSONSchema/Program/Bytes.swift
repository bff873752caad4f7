/// Comparison of bytes, eight at a time.
enum Bytes {
    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let count = left.count
        guard count == right.count else { return false }
        guard count >= 8 else {
            for index in 0..<count where unsafe left[index] != right[index] { return false }
            return true
        }
        var offset = 0
        while offset < count - 8 {
            guard unsafe areWordsEqual(left, right, at: offset) else { return false }
            offset += 8
        }
        // The last word may overlap the one before it.
        return unsafe areWordsEqual(left, right, at: count - 8)
    }

    @inline(__always)
    private static func areWordsEqual(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, at offset: Int
    ) -> Bool {
        let word = unsafe left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return unsafe word == right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The characters of UTF-8 text: all bytes but those that continue one.
    static func codePoints(_ text: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for index in 0..<text.count where unsafe text[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
