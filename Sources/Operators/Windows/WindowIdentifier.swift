internal import Events

/// The id of a window of a key: the same for the same start, key and label, whenever and wherever
/// it is computed.
enum WindowIdentifier {
    static func write(
        start: Int64, key: UnsafeRawBufferPointer, label: UnsafeRawBufferPointer? = nil,
        moment: Int64 = .min,
        to buffer: inout ByteBuffer
    ) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        unsafe add(key, to: &hash)
        var bytes = start.littleEndian
        unsafe Swift.withUnsafeBytes(of: &bytes) { unsafe add($0, to: &hash) }
        if let label = unsafe label { unsafe add(label, to: &hash) }
        if moment != .min {
            var bytes = moment.littleEndian
            unsafe Swift.withUnsafeBytes(of: &bytes) { unsafe add($0, to: &hash) }
        }
        buffer.append(integer: start)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(hexadecimal: mixed(hash))
    }

    /// FNV-1a.
    private static func add(_ bytes: UnsafeRawBufferPointer, to hash: inout UInt64) {
        for index in 0..<bytes.count {
            hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x100_0000_01b3
        }
        hash = (hash ^ 0xFF) &* 0x100_0000_01b3
    }

    /// The finaliser of SplitMix64: every bit of the input reaches every bit of the output.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
