internal import Glibc

extension UnsafeRawBufferPointer {
    /// Bytes without any. A nil base would be NULL to SQLite, so this one has a base that is never
    /// read.
    static var empty: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 1), count: 0)
    }

    @inline(__always)
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let a = baseAddress, let b = other.baseAddress
        else { return count == other.count }
        return unsafe memcmp(a, b, count) == 0
    }

    /// Negative, zero or positive as these bytes come before, are, or come after the others, in the
    /// order that SQLite gives to blobs: byte by byte, and a prefix before what it begins.
    @inline(__always)
    func compare(_ other: UnsafeRawBufferPointer) -> Int {
        if let a = baseAddress, let b = other.baseAddress {
            let order = unsafe memcmp(a, b, Swift.min(count, other.count))
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }

    /// The eight bytes from `start` on as a number that compares as they do; bytes that are missing
    /// count as zeros.
    @inline(__always)
    func digest(from start: Int) -> UInt64 {
        if count >= start + 8 {
            return UInt64(bigEndian: unsafe loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var digest: UInt64 = 0
        for index in start..<start + 8 {
            digest = unsafe digest << 8 | (index < count ? UInt64(self[index]) : 0)
        }
        return digest
    }

    /// With how many bytes both begin alike, counted up to `limit`.
    func sharedPrefixCount(with other: UnsafeRawBufferPointer, limit: Int) -> Int {
        let limit = Swift.min(limit, count, other.count)
        var shared = 0
        while shared < limit, unsafe self[shared] == other[shared] { shared += 1 }
        return shared
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, but an error keeps its type.
    func withBytes<Success, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        let result = unsafe withUnsafeBytes { bytes in
            Result { () throws(Failure) in try unsafe body(bytes) }
        }
        return try result.get()
    }

    /// Replaces the content and keeps the memory.
    @inline(__always)
    mutating func assign(_ bytes: UnsafeRawBufferPointer) {
        if count > bytes.count { removeLast(count - bytes.count) }
        let shared = count
        unsafe withUnsafeMutableBytes {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<shared]))
        }
        if shared < bytes.count {
            unsafe append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[shared...]))
        }
    }
}
