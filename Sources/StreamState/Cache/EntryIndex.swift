internal import CMemory

/// An open-addressing hash table from the hash of a key to where its entry lies.
///
/// A slot holds 32 bits of the hash and the reference. Collisions go to the next free slot, and a
/// removal closes the gap behind it, so there are no tombstones and look-ups stay short.
@safe struct EntryIndex: ~Copyable {
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private(set) var count = 0

    private static let empty = UInt64.max
    private static let initialCapacity = 64

    init() {
        unsafe slots = Self.makeSlots(Self.initialCapacity)
        mask = Self.initialCapacity - 1
    }

    deinit { unsafe slots.deallocate() }

    var byteCount: Int { (mask + 1) * MemoryLayout<UInt64>.stride }

    /// The bytes that the table takes once `count` more entries are in it.
    func byteCount(adding more: Int) -> Int {
        var capacity = mask + 1
        while Self.isCrowded(count + more, in: capacity) { capacity *= 2 }
        return capacity * MemoryLayout<UInt64>.stride
    }

    /// A walk over the references whose keys have this hash.
    struct Candidates {
        fileprivate var position: Int
        fileprivate let hash: UInt32
    }

    @inline(__always)
    func candidates(_ hash: UInt32) -> Candidates {
        Candidates(position: Int(hash) & mask, hash: hash)
    }

    /// Brings the slot near where a walk begins.
    @inline(__always)
    func prefetch(_ hash: UInt32) { unsafe cmemory_prefetch(slots + (Int(hash) & mask)) }

    /// The next candidate, or `.none` when there are no more.
    @inline(__always)
    func next(_ candidates: inout Candidates) -> EntryReference {
        while true {
            let slot = unsafe slots[candidates.position]
            if slot == Self.empty { return .none }
            candidates.position = (candidates.position + 1) & mask
            if UInt32(truncatingIfNeeded: slot >> 32) == candidates.hash {
                return EntryReference(rawValue: UInt32(truncatingIfNeeded: slot))
            }
        }
    }

    mutating func insert(_ reference: EntryReference, hash: UInt32) {
        if Self.isCrowded(count + 1, in: mask + 1) { grow() }
        place(Self.slot(reference, hash))
        count += 1
    }

    /// - Precondition: `old` is in the table under `hash`.
    mutating func replace(_ old: EntryReference, with new: EntryReference, hash: UInt32) {
        unsafe slots[position(of: old, hash)] = Self.slot(new, hash)
    }

    /// - Precondition: the reference is in the table under `hash`.
    mutating func remove(_ reference: EntryReference, hash: UInt32) {
        var hole = position(of: reference, hash)
        var next = hole
        while true {
            next = (next + 1) & mask
            let slot = unsafe slots[next]
            if slot == Self.empty { break }
            let home = Int(slot >> 32) & mask
            // The slot may move back into the hole unless its home lies behind the hole.
            if (next - home) & mask >= (next - hole) & mask {
                unsafe slots[hole] = slot
                hole = next
            }
        }
        unsafe slots[hole] = Self.empty
        count -= 1
    }

    mutating func removeAll() {
        unsafe slots.update(repeating: Self.empty, count: mask + 1)
        count = 0
    }

    private func position(of reference: EntryReference, _ hash: UInt32) -> Int {
        let wanted = Self.slot(reference, hash)
        var position = Int(hash) & mask
        while unsafe slots[position] != wanted {
            precondition(unsafe slots[position] != Self.empty, "entry is not in the index")
            position = (position + 1) & mask
        }
        return position
    }

    private mutating func place(_ slot: UInt64) {
        var position = Int(slot >> 32) & mask
        while unsafe slots[position] != Self.empty { position = (position + 1) & mask }
        unsafe slots[position] = slot
    }

    private mutating func grow() {
        let old = unsafe slots
        let oldCapacity = mask + 1
        unsafe slots = Self.makeSlots(oldCapacity * 2)
        mask = oldCapacity * 2 - 1
        for position in 0..<oldCapacity {
            let slot = unsafe old[position]
            if slot != Self.empty { place(slot) }
        }
        unsafe old.deallocate()
    }

    private static func slot(_ reference: EntryReference, _ hash: UInt32) -> UInt64 {
        UInt64(hash) << 32 | UInt64(reference.rawValue)
    }

    /// Three quarters full is the limit: beyond it walks to a free slot grow long.
    private static func isCrowded(_ count: Int, in capacity: Int) -> Bool {
        count * 4 > capacity * 3
    }

    private static func makeSlots(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = unsafe LargeMemory.allocate(
            byteCount: capacity * MemoryLayout<UInt64>.stride,
            alignment: MemoryLayout<UInt64>.alignment
        ).bindMemory(to: UInt64.self, capacity: capacity)
        unsafe slots.initialize(repeating: empty, count: capacity)
        return unsafe slots
    }
}
