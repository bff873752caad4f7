internal import Events

extension Evaluation {
    @inline(__always)
    mutating func evaluateObject(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let object = unsafe tables.objects.pointer(Int(rule.pointee.object))
        let count = Int(reader.childCount(of: node))
        let minimum = unsafe object.pointee.minimumProperties
        if unsafe count < minimum || count > object.pointee.maximumProperties {
            let keyword: Finding.Keyword =
                count < minimum ? .minimumProperties : .maximumProperties
            let finding = Finding(keyword: keyword, node: node, rule: index, detail: count)
            guard sink.report(finding, reader) else { return false }
        }
        if unsafe object.pointee.propertyNames >= 0,
            unsafe !evaluateNames(node, object.pointee.propertyNames)
        {
            return false
        }
        if unsafe object.pointee.patternCount > 0 || frame.isWanted {
            return unsafe evaluateAllMembers(node, object, index, frame)
        }
        return unsafe evaluateMembers(node, object, index)
    }

    /// Goes through the members once. An index never holds two members of one name, so counting
    /// the required ones that are there tells whether all are.
    @inline(__always)
    private mutating func evaluateMembers(
        _ node: Int32, _ object: UnsafePointer<ObjectRule>, _ index: Int32
    ) -> Bool {
        var requiredCount: Int32 = 0
        var member = node
        var following = node &+ 1
        let additional = unsafe object.pointee.additional
        for _ in 0..<reader.childCount(of: node) {
            member = following
            following = reader.following(member)
            guard let slot = unsafe slot(of: member, in: object) else {
                if additional >= 0, !evaluateAdditional(member, additional, index) { return false }
                continue
            }
            if unsafe slot.pointee.isRequired { requiredCount &+= 1 }
            if unsafe isAccepted(member, by: slot) { continue }
            let schema = unsafe slot.pointee.rule
            if schema >= 0 {
                if !evaluateMember(member, schema) { return false }
            } else if additional >= 0, !evaluateAdditional(member, additional, index) {
                return false
            }
        }
        return unsafe requiredCount == object.pointee.requiredCount
            || reportMissing(node, object.pointee, index)
    }

    /// Whether the kind of a member, or the length of a string, is all that its schema asks for,
    /// and is right.
    @inline(__always)
    private func isAccepted(_ member: Int32, by slot: UnsafePointer<MemberSlot>) -> Bool {
        let kind = reader.kindCode(of: member)
        if unsafe slot.pointee.accepted.rawValue & (1 << UInt16(kind)) != 0 { return true }
        guard kind == FieldValue.Kind.string.rawValue else { return false }
        let count = reader.textCount(of: member)
        return unsafe count >= Int(slot.pointee.leastBytes) && count <= Int(slot.pointee.mostBytes)
    }

    @inline(__always)
    private func slot(
        of member: Int32, in object: UnsafePointer<ObjectRule>
    ) -> UnsafePointer<MemberSlot>? {
        let mask = unsafe object.pointee.slotMask
        guard mask >= 0 else { return nil }
        let first = unsafe object.pointee.firstSlot
        var index = unsafe MemberSlot.index(ofHash: reader.nameHash(of: member), in: object)
        let count = reader.nameCount(of: member)
        while true {
            let slot = unsafe tables.memberSlots.pointer(Int(first &+ index))
            let slotCount = unsafe slot.pointee.nameCount
            if slotCount == count, unsafe isNamed(slot, member, Int(count)) {
                return unsafe slot
            }
            if slotCount == MemberSlot.free { return nil }
            index = (index &+ 1) & mask
        }
    }

    /// Whether a member has a slot's name, which has as many bytes.
    @inline(__always)
    private func isNamed(
        _ slot: UnsafePointer<MemberSlot>, _ member: Int32, _ count: Int
    ) -> Bool {
        let name = unsafe reader.nameBytes(of: member)
        guard count <= 16, reader.isPlainName(member) else {
            return unsafe Bytes.areEqual(
                tables.nameBytes.bytes(Int(slot.pointee.nameStart), count), name)
        }
        // Behind a name in the document, there are bytes to spare.
        let start = unsafe name.baseAddress.unsafelyUnwrapped
        let head = unsafe start.loadUnaligned(as: UInt64.self)
        if count < 8 { return unsafe head & ~(.max << UInt64(count &* 8)) == slot.pointee.head }
        let tail = unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        return unsafe head == slot.pointee.head && tail == slot.pointee.tail
    }

    // MARK: Members one by one

    @inline(__always)
    private mutating func evaluateMember(_ member: Int32, _ schema: Int32) -> Bool {
        sink.enter(member, element: -1, reader)
        guard evaluate(member, schema) else { return false }
        sink.leave()
        return true
    }

    mutating func evaluateAdditional(
        _ member: Int32, _ schema: Int32, _ index: Int32,
        _ keyword: Finding.Keyword = .additionalProperties
    ) -> Bool {
        sink.enter(member, element: -1, reader)
        if unsafe tables.rules.pointer(Int(schema)).pointee.types.isEmpty {
            let finding = Finding(keyword: keyword, node: member, rule: index)
            guard sink.report(finding, reader) else { return false }
        } else if !evaluate(member, schema) {
            return false
        }
        sink.leave()
        return true
    }

    /// Goes through the members once, with `patternProperties`, and marks those that were looked
    /// at.
    @inline(never)
    private mutating func evaluateAllMembers(
        _ node: Int32, _ object: UnsafePointer<ObjectRule>, _ index: Int32,
        _ frame: EvaluatedFrame
    ) -> Bool {
        var requiredCount: Int32 = 0
        var member = node + 1
        for ordinal in 0..<reader.childCount(of: node) {
            var isKnown = false
            if let slot = unsafe slot(of: member, in: object) {
                if unsafe slot.pointee.isRequired { requiredCount += 1 }
                let schema = unsafe slot.pointee.rule
                if schema >= 0 {
                    isKnown = true
                    guard evaluateMember(member, schema) else { return false }
                }
            }
            guard unsafe evaluatePatterns(member, object.pointee, index, &isKnown) else {
                return false
            }
            if unsafe !isKnown && object.pointee.hasAdditional {
                isKnown = true
                let additional = unsafe object.pointee.additional
                if additional >= 0, !evaluateAdditional(member, additional, index) { return false }
            }
            if isKnown, frame.isWanted { unsafe room.mark(ordinal, in: frame) }
            member = reader.following(member)
        }
        return unsafe requiredCount == object.pointee.requiredCount
            || reportMissing(node, object.pointee, index)
    }

    private mutating func evaluatePatterns(
        _ member: Int32, _ object: ObjectRule, _ index: Int32, _ isKnown: inout Bool
    ) -> Bool {
        for offset in 0..<object.patternCount {
            steps -= 1 + Int(reader.nameCount(of: member) >> 8)
            guard steps > 0 else { return stop(member, index) }
            let pattern = tables.patternMembers[object.firstPattern + offset]
            let outcome = unsafe room.matcher.match(
                tables.patterns[pattern.pattern], in: reader.nameBytes(of: member),
                isInPlace: reader.isPlainName(member))
            switch outcome {
            case .noMatch: continue
            case .limitExceeded:
                return abort(Finding(keyword: .patternLimit, node: member, rule: index))
            case .match:
                isKnown = true
                guard evaluateMember(member, pattern.schema) else { return false }
            }
        }
        return true
    }

    /// Applies a schema to the names of an object's members.
    @inline(never)
    private mutating func evaluateNames(_ node: Int32, _ schema: Int32) -> Bool {
        let members = reader
        var member = node + 1
        defer { reader = members }
        for _ in 0..<members.childCount(of: node) {
            sink.enter(member, element: -1, members)
            sink.isAboutName = true
            reader = unsafe room.nameNode.reader(ofName: member, in: members)
            let goesOn = evaluate(0, schema)
            sink.isAboutName = false
            guard goesOn else { return false }
            sink.leave()
            member = members.following(member)
        }
        return true
    }

    @inline(never)
    private mutating func reportMissing(
        _ node: Int32, _ object: ObjectRule, _ index: Int32
    ) -> Bool {
        for offset in 0..<object.memberCount {
            let member = tables.members[object.firstMember + offset]
            guard member.isRequired else { continue }
            steps -= Int(reader.childCount(of: node) >> 4)
            guard steps > 0 else { return stop(node, index) }
            if unsafe reader.member(named: tables.memberName(member.name), of: node) < 0 {
                let finding = Finding(
                    keyword: .required, node: node, rule: index, detail: Int(member.name))
                guard sink.report(finding, reader) else { return false }
            }
        }
        return true
    }
}
