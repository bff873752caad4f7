/// Comparison of text byte by byte, without regard to language.
enum ByteText {
    /// -1, 0 or 1 as `left` stands before, at or behind `right` in the order of their bytes,
    /// which for UTF-8 is the order of their code points.
    static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let shared = min(left.count, right.count)
        var position = 0
        while position + 8 <= shared {
            let a = unsafe left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let b = unsafe right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if a != b { return a.bigEndian < b.bigEndian ? -1 : 1 }
            position += 8
        }
        while position < shared {
            let (a, b) = unsafe (left[position], right[position])
            if a != b { return a < b ? -1 : 1 }
            position += 1
        }
        return (left.count - right.count).signum()
    }

    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        unsafe left.count == right.count && order(left, right) == 0
    }

    static func starts(_ text: UnsafeRawBufferPointer, with part: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= part.count else { return false }
        return unsafe areEqual(UnsafeRawBufferPointer(rebasing: text[..<part.count]), part)
    }

    static func ends(_ text: UnsafeRawBufferPointer, with part: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= part.count else { return false }
        let end = unsafe text[(text.count - part.count)...]
        return unsafe areEqual(UnsafeRawBufferPointer(rebasing: end), part)
    }

    static func contains(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
        guard let first = unsafe part.first else { return true }
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where unsafe text[start] == first {
            let candidate = unsafe text[start..<start + part.count]
            if unsafe areEqual(UnsafeRawBufferPointer(rebasing: candidate), part) { return true }
        }
        return false
    }
}
