internal import Events

/// A slot of the hash table of an object rule: a name, and what of its schema can be decided
/// from the index alone, without a look at the rule.
struct MemberSlot: BitwiseCopyable, Sendable {
    /// The name in ``SchemaProgram/nameBytes``.
    var nameStart: UInt32 = 0
    var nameCount: UInt32 = 0
    /// The hash that the index of an event has of each name.
    var hash: UInt16 = 0
    /// The kinds of values that the schema takes whatever they are: a bit for each, as in
    /// ``TypeSet``.
    var accepted = TypeSet.none
    /// The schema, or -1.
    var rule: Int32 = -1
    /// The bytes of strings that the schema takes whatever is in them.
    var leastBytes: UInt32 = .max
    var mostBytes: UInt32 = 0
    var isUsed = false
    var isRequired = false
}

/// Builds the slots of all object rules once the rules are complete.
struct MemberSlots {
    private(set) var slots: [MemberSlot] = []
    private(set) var names: [UInt8] = []

    /// Adds the table of one object rule. It is at most half full.
    mutating func add(_ builder: ProgramBuilder, to object: inout ObjectRule) {
        guard object.memberCount > 0 else { return }
        var size = 4
        while size < Int(object.memberCount) * 2 { size *= 2 }
        object.firstSlot = Int32(slots.count)
        object.slotMask = Int32(size - 1)
        slots += Array(repeating: MemberSlot(), count: size)
        for offset in 0..<object.memberCount {
            let member = builder.members[Int(object.firstMember + offset)]
            insert(slot(for: member, builder), into: object)
        }
    }

    private mutating func slot(for member: MemberRule, _ builder: ProgramBuilder) -> MemberSlot {
        let name = builder.memberNames[Int(member.name)]
        var slot = MemberSlot()
        slot.nameStart = UInt32(names.count)
        slot.nameCount = UInt32(name.count)
        slot.hash = unsafe name.withUnsafeBytes { unsafe DocumentReader.hash(of: $0) }
        slot.isUsed = true
        slot.isRequired = member.isRequired
        names += name
        slot.rule = member.schema
        guard member.schema >= 0 else { return slot }
        let rule = builder.rules[Int(member.schema)]
        slot.accepted = Self.accepted(by: rule)
        slot.setLengths(of: rule)
        return slot
    }

    private mutating func insert(_ slot: MemberSlot, into object: ObjectRule) {
        var index = Int32(slot.hash) & object.slotMask
        while slots[Int(object.firstSlot + index)].isUsed {
            index = (index + 1) & object.slotMask
        }
        slots[Int(object.firstSlot + index)] = slot
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
