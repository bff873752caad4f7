internal import StreamCore

/// A key with a value, or with none, as bytes: the store's index, the sizes, then both.
@safe struct LogRecord {
    static let headerByteCount = 10
    private static let absentByteCount = UInt32.max

    let store: Int
    let key: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer?

    init(store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        self.store = store
        unsafe self.key = key
        unsafe self.value = value
    }

    func append(to bytes: inout [UInt8]) {
        Self.append(UInt16(store), to: &bytes)
        Self.append(UInt32(unsafe key.count), to: &bytes)
        Self.append(unsafe value.map { UInt32($0.count) } ?? Self.absentByteCount, to: &bytes)
        unsafe bytes.append(contentsOf: key)
        if let value = unsafe value { unsafe bytes.append(contentsOf: value) }
    }

    /// Writes the record to memory of just its size.
    func write(to memory: UnsafeMutableRawBufferPointer) {
        let valueCount = unsafe value.map { UInt32($0.count) } ?? Self.absentByteCount
        unsafe memory.storeBytes(of: UInt16(store).littleEndian, as: UInt16.self)
        unsafe memory.storeBytes(
            of: UInt32(key.count).littleEndian, toByteOffset: 2, as: UInt32.self)
        unsafe memory.storeBytes(of: valueCount.littleEndian, toByteOffset: 6, as: UInt32.self)
        let keyEnd = unsafe Self.headerByteCount + key.count
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[Self.headerByteCount..<keyEnd])
            .copyMemory(from: key)
        guard let value = unsafe value else { return }
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[keyEnd...]).copyMemory(from: value)
    }

    /// The record at the beginning of `memory`; `nil` when there is no whole one.
    @inline(__always)
    init?(at memory: UnsafeMutableRawBufferPointer) {
        var bytes = UnsafeRawBufferPointer(memory)
        unsafe self.init(&bytes)
    }

    /// Takes a record from the front of `bytes`; `nil` when there is no whole one.
    init?(_ bytes: inout UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerByteCount else { return nil }
        store = Int(UInt16(littleEndian: unsafe bytes.loadUnaligned(as: UInt16.self)))
        let keyCount = Int(
            UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self)))
        let stated = UInt32(
            littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: 6, as: UInt32.self))
        let valueCount = stated == Self.absentByteCount ? 0 : Int(stated)
        let end = Self.headerByteCount + keyCount + valueCount
        guard bytes.count >= end else { return nil }
        let keyEnd = Self.headerByteCount + keyCount
        unsafe key = UnsafeRawBufferPointer(rebasing: bytes[Self.headerByteCount..<keyEnd])
        unsafe value =
            stated == Self.absentByteCount
            ? nil : UnsafeRawBufferPointer(rebasing: bytes[keyEnd..<end])
        unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[end...])
    }

    private static func append<Integer: FixedWidthInteger>(
        _ number: Integer, to bytes: inout [UInt8]
    ) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}
