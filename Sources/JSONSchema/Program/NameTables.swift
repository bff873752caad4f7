/// Small hash tables from names to numbers, all in one flat array.
///
/// A table is found by its first slot and its mask, and probed from slot to slot; tables are at
/// most half full. Names come from schemas, so no sender can make them collide.
struct NameTables: Sendable {
    /// One table.
    struct Table: BitwiseCopyable, Sendable {
        let start: Int
        let mask: Int

        /// The table without names.
        static let empty = Table(start: 0, mask: -1)
    }

    private struct Slot: BitwiseCopyable, Sendable {
        var hash: UInt64 = 0
        var nameStart: UInt32 = 0
        var nameCount: UInt32 = 0
        /// -1 marks a free slot.
        var payload: Int32 = -1
    }

    private var slots: [Slot] = []
    private var names: [UInt8] = []

    /// Adds a table of names that differ, each with its index in `list` as payload.
    mutating func add(_ list: [[UInt8]]) -> Table {
        guard !list.isEmpty else { return .empty }
        var size = 4
        while size < list.count * 2 { size *= 2 }
        let table = Table(start: slots.count, mask: size - 1)
        slots += Array(repeating: Slot(), count: size)
        for (index, name) in list.enumerated() { insert(name, payload: index, into: table) }
        return table
    }

    private mutating func insert(_ name: [UInt8], payload: Int, into table: Table) {
        let hash = unsafe name.withUnsafeBytes { unsafe Self.hash($0) }
        var index = Int(truncatingIfNeeded: hash >> 32) & table.mask
        while slots[table.start + index].payload >= 0 { index = (index + 1) & table.mask }
        slots[table.start + index] = Slot(
            hash: hash, nameStart: UInt32(names.count), nameCount: UInt32(name.count),
            payload: Int32(payload))
        names += name
    }

    /// The payload of a name, or -1 when the table doesn't have it.
    func find(_ name: UnsafeRawBufferPointer, in table: Table) -> Int {
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
        return unsafe names.withUnsafeBytes { all in
            let start = Int(slot.nameStart)
            return unsafe Bytes.areEqual(
                UnsafeRawBufferPointer(rebasing: all[start..<start + name.count]), name)
        }
    }

    /// A mixture of the first and the last eight bytes and the length. For up to eight bytes it
    /// can be undone, so that equal hashes of one length mean equal names.
    private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var word = UInt64(name.count)
        switch name.count {
        case 8...:
            let head = unsafe name.loadUnaligned(as: UInt64.self)
            let tail = unsafe name.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self)
            word = name.count == 8 ? head : head ^ (tail &* 0x9E37_79B9_7F4A_7C15)
        case 4..<8:
            let head = unsafe name.loadUnaligned(as: UInt32.self)
            let tail = unsafe name.loadUnaligned(fromByteOffset: name.count - 4, as: UInt32.self)
            word = UInt64(head) << 32 | UInt64(tail)
        default:
            for index in 0..<name.count { word = word << 8 | UInt64(unsafe name[index]) }
        }
        return (word &+ UInt64(name.count)) &* 0xD6E8_FEB8_6659_FD93
    }
}
