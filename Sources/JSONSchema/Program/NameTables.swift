/// A small hash table from names to numbers: a part of ``NameTables``.
struct NameTable: BitwiseCopyable, Sendable {
    let start: Int
    let mask: Int

    /// The table without names.
    static let empty = NameTable(start: 0, mask: -1)
}

/// The name tables of a program, all in one flat table of slots.
///
/// A name table is found by its first slot and its mask, and probed from slot to slot; it is at
/// most half full. Names come from schemas, so no sender can make them collide.
@safe
struct NameTables: Sendable {
    struct Slot: BitwiseCopyable, Sendable {
        var hash: UInt64 = 0
        var nameStart: UInt32 = 0
        var nameCount: UInt32 = 0
        /// -1 marks a free slot.
        var payload: Int32 = -1
    }

    private let slots: FrozenTable<Slot>
    private let names: FrozenTable<UInt8>

    init(_ builder: NameTablesBuilder) {
        slots = FrozenTable(builder.slots)
        names = FrozenTable(builder.names)
    }

    /// Frees the memory. No copy may be used after.
    func deallocate() {
        slots.deallocate()
        names.deallocate()
    }

    /// The payload of a name, or -1 when the table doesn't have it.
    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer, in table: NameTable) -> Int {
        guard table.mask >= 0 else { return -1 }
        let hash = unsafe Self.hash(name)
        var index = Int(truncatingIfNeeded: hash >> 32) & table.mask
        while true {
            let slot = slots[table.start + index]
            if slot.payload < 0 { return -1 }
            if slot.hash == hash, unsafe isName(of: slot, name) { return Int(slot.payload) }
            index = (index + 1) & table.mask
        }
    }

    private func isName(of slot: Slot, _ name: UnsafeRawBufferPointer) -> Bool {
        guard slot.nameCount == name.count else { return false }
        // The hash holds all of a short name.
        if name.count <= 8 { return true }
        let start = Int(slot.nameStart)
        return unsafe Bytes.areEqual(names.bytes(start, name.count), name)
    }

    /// A mixture of all bytes and the length. For up to eight bytes it can be undone, so that equal
    /// hashes of one length mean equal names.
    @inline(__always)
    fileprivate static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        let count = name.count
        var word: UInt64 = 0
        if count >= 8 {
            let head = unsafe name.loadUnaligned(as: UInt64.self)
            let tail = unsafe name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            word = count == 8 ? head : head ^ (tail &* 0x9E37_79B9_7F4A_7C15)
            // Values of an enumeration often start and end with the same words.
            var offset = 8
            while offset < count - 8 {
                let middle = unsafe name.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                word = (word ^ middle) &* 0xD6E8_FEB8_6659_FD93
                word ^= word >> 32
                offset += 8
            }
        } else if count >= 4 {
            let head = unsafe name.loadUnaligned(as: UInt32.self)
            let tail = unsafe name.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            word = UInt64(head) << 32 | UInt64(tail)
        } else {
            for index in 0..<count { word = word << 8 | UInt64(unsafe name[index]) }
        }
        return (word &+ UInt64(count)) &* 0xD6E8_FEB8_6659_FD93
    }
}

/// Name tables while they grow.
struct NameTablesBuilder {
    fileprivate var slots: [NameTables.Slot] = []
    fileprivate var names: [UInt8] = []

    /// Adds a table of names that differ, each with its index in `list` as payload.
    mutating func add(_ list: [[UInt8]]) -> NameTable {
        guard !list.isEmpty else { return .empty }
        var size = 4
        while size < list.count * 2 { size *= 2 }
        let table = NameTable(start: slots.count, mask: size - 1)
        slots += Array(repeating: NameTables.Slot(), count: size)
        for (index, name) in list.enumerated() { insert(name, payload: index, into: table) }
        return table
    }

    private mutating func insert(_ name: [UInt8], payload: Int, into table: NameTable) {
        let hash = unsafe name.withUnsafeBytes { unsafe NameTables.hash($0) }
        var index = Int(truncatingIfNeeded: hash >> 32) & table.mask
        while slots[table.start + index].payload >= 0 { index = (index + 1) & table.mask }
        slots[table.start + index] = NameTables.Slot(
            hash: hash, nameStart: UInt32(names.count), nameCount: UInt32(name.count),
            payload: Int32(payload))
        names += name
    }
}
