internal import Events

/// A slot of the hash table of an object rule: a name, and what of its schema can be decided
/// from the index alone, without a look at the rule.
struct MemberSlot: BitwiseCopyable, Sendable {
    /// The name's first and last eight bytes; a shorter one is followed by zeros, and both are the
    /// same. Together they are all of a name of up to sixteen bytes.
    var head: UInt64 = 0
    var tail: UInt64 = 0
    /// The name's length; ``free`` marks a slot without one.
    var nameCount: UInt32 = free
    /// The name in ``ProgramTables/nameBytes``.
    var nameStart: UInt32 = 0
    /// The schema, or -1.
    var rule: Int32 = -1
    /// The kinds of values that the schema takes whatever they are: a bit for each, as in
    /// ``TypeSet``.
    var accepted = TypeSet.none
    var isRequired = false
    /// The bytes of strings that the schema takes whatever is in them.
    var leastBytes: UInt32 = .max
    var mostBytes: UInt32 = 0

    static let free = UInt32.max

    /// The first and the last eight bytes of a name.
    static func ends(of name: [UInt8]) -> (head: UInt64, tail: UInt64) {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return (word(name.prefix(8)), word(name.count < 8 ? name[...] : name.suffix(8)))
    }

    /// Where a name is looked for first.
    @inline(__always)
    static func index(ofHash hash: UInt16, in object: UnsafePointer<ObjectRule>) -> Int32 {
        unsafe index(ofHash: hash, object.pointee.multiplier, object.pointee.slotMask)
    }

    @inline(__always)
    static func index(ofHash hash: UInt16, _ multiplier: UInt32, _ mask: Int32) -> Int32 {
        Int32(truncatingIfNeeded: (UInt32(hash) &* multiplier) >> 12) & mask
    }
}

/// Builds the slots of all object rules once the rules are complete.
struct MemberSlots {
    private(set) var slots: [MemberSlot] = []
    private(set) var names: [UInt8] = []

    /// Adds the table of one object rule. Where it can be, every name is where it is looked for
    /// first.
    mutating func add(_ builder: ProgramBuilder, to object: inout ObjectRule) {
        guard object.memberCount > 0 else { return }
        var size = 4
        while size < Int(object.memberCount) * 4 { size *= 2 }
        object.firstSlot = Int32(slots.count)
        object.slotMask = Int32(size - 1)
        slots += Array(repeating: MemberSlot(), count: size)
        let members = (0..<object.memberCount).map {
            slot(for: builder.members[Int(object.firstMember + $0)], builder)
        }
        object.multiplier = Self.multiplier(for: members.map(\.hash), mask: object.slotMask)
        for member in members { insert(member, into: object) }
    }

    /// A multiplier that sends all hashes to different slots, if one is found.
    private static func multiplier(for hashes: [UInt16], mask: Int32) -> UInt32 {
        for attempt in UInt32(0)..<(hashes.count > 64 ? 0 : 500) {
            let multiplier = 0x9E37_79B1 &+ attempt &* 0x85EB_CA76
            let places = hashes.map { MemberSlot.index(ofHash: $0, multiplier, mask) }
            if Set(places).count == hashes.count { return multiplier }
        }
        return 0x9E37_79B1
    }

    private mutating func slot(
        for member: MemberRule, _ builder: ProgramBuilder
    ) -> (slot: MemberSlot, hash: UInt16) {
        let name = builder.memberNames[Int(member.name)]
        var slot = MemberSlot()
        slot.nameStart = UInt32(names.count)
        slot.nameCount = UInt32(name.count)
        (slot.head, slot.tail) = MemberSlot.ends(of: name)
        let hash = unsafe name.withUnsafeBytes { unsafe DocumentReader.hash(of: $0) }
        slot.isRequired = member.isRequired
        names += name
        slot.rule = member.schema
        guard member.schema >= 0 else { return (slot, hash) }
        let rule = builder.rules[Int(member.schema)]
        slot.accepted = Self.accepted(by: rule)
        slot.setLengths(of: rule)
        return (slot, hash)
    }

    private mutating func insert(
        _ member: (slot: MemberSlot, hash: UInt16), into object: ObjectRule
    ) {
        var index = MemberSlot.index(ofHash: member.hash, object.multiplier, object.slotMask)
        while slots[Int(object.firstSlot + index)].nameCount != MemberSlot.free {
            index = (index + 1) & object.slotMask
        }
        slots[Int(object.firstSlot + index)] = member.slot
    }

    /// The kinds that need no look at the value.
    static func accepted(by rule: Rule) -> TypeSet {
        if !rule.applies.isDisjoint(with: [.anything, .scope]) { return .none }
        var accepted = rule.types
        if rule.applies.contains(.strings) { accepted.subtract(.string) }
        if rule.applies.contains(.numbers) { accepted.subtract(.number) }
        if rule.applies.contains(.arrays) { accepted.subtract(.array) }
        if rule.applies.contains(.objects) { accepted.subtract(.object) }
        if rule.applies.contains(.unevaluated) { accepted.subtract([.array, .object]) }
        return accepted
    }
}

extension MemberSlot {
    /// A character takes one to four bytes, so mostly the number of bytes tells whether a string
    /// is long enough.
    fileprivate mutating func setLengths(of rule: Rule) {
        guard rule.types.contains(.string), rule.applies.isDisjoint(with: [.anything, .scope]),
            rule.pattern < 0, rule.format == .none
        else { return }
        let least = rule.minimumLength.multipliedReportingOverflow(by: 4)
        guard !least.overflow, least.partialValue < UInt32.max else { return }
        leastBytes = UInt32(max(0, least.partialValue - 3))
        mostBytes = UInt32(clamping: rule.maximumLength)
    }
}
