package import Events

/// A timer as the key of an entry, in files and in changelogs: the time in milliseconds as eight
/// bytes, big-endian with the sign bit flipped, then the bytes of the timer's key.
///
/// The bytes of two such keys compare as their timers do: by time, then by key.
package enum TimerEntryKey {
    package static let timeByteCount = 8

    /// The time as the number whose eight bytes, the highest first, begin the key.
    @inline(__always)
    package static func ordered(_ milliseconds: Int64) -> UInt64 {
        UInt64(bitPattern: milliseconds) ^ 1 << 63
    }

    @inline(__always)
    package static func milliseconds(_ ordered: UInt64) -> Int64 {
        Int64(bitPattern: ordered ^ 1 << 63)
    }

    package static func append(
        _ time: Timestamp, _ key: UnsafeRawBufferPointer, to bytes: inout [UInt8]
    ) {
        let ordered = ordered(time.milliseconds).bigEndian
        unsafe withUnsafeBytes(of: ordered) { unsafe bytes.append(contentsOf: $0) }
        unsafe bytes.append(contentsOf: key)
    }

    /// The two parts of a key; `nil` when the bytes are too few to hold a time.
    package static func parts(
        _ bytes: UnsafeRawBufferPointer
    ) -> (time: Timestamp, key: UnsafeRawBufferPointer)? {
        guard bytes.count >= timeByteCount else { return nil }
        let ordered = UInt64(bigEndian: unsafe bytes.loadUnaligned(as: UInt64.self))
        let key = unsafe UnsafeRawBufferPointer(rebasing: bytes[timeByteCount...])
        return unsafe (Timestamp(milliseconds: milliseconds(ordered)), key)
    }
}
