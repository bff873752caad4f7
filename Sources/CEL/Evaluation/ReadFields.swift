internal import Events

/// The fields of bound events that were read last, so that the conditions of many rules on one event
/// look a field up once.
///
/// Objects and arrays are not remembered: what they come to lies in the memory of one evaluation.
struct ReadFields: ~Copyable {
    private struct Entry {
        /// Which binding of an event it was read from; 0 for none.
        var binding = 0
        var path: FieldPath?
        /// `nil` when the event has no such field.
        var operand: Operand?
    }

    private static let slotCount = 64

    private var entries = [Entry](repeating: Entry(), count: slotCount)

    /// Where a path is remembered; several may have one place.
    static func slot(of path: FieldPath) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in path.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(slotCount - 1))
    }

    /// Whether the field that was remembered in a slot is this one of this binding.
    @inline(__always)
    func has(_ path: FieldPath, at slot: Int, of binding: Int) -> Bool {
        entries[slot].binding == binding && entries[slot].path == path
    }

    @inline(__always)
    subscript(slot: Int) -> Operand? { entries[slot].operand }

    mutating func note(_ operand: Operand?, at path: FieldPath, slot: Int, of binding: Int) {
        // From event to event it is the same path, and comparing costs less than copying.
        if entries[slot].path != path { entries[slot].path = path }
        entries[slot].binding = binding
        entries[slot].operand = operand
    }
}
