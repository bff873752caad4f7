internal import Events
internal import StreamCore

/// The bytes that the store keeps of a profile, in the byte order of the machine that owns the
/// state file.
///
/// Version (1), timer, first and last time seen, version of the rules (8 each), the fields (a
/// count of 2; each hash, time and JSON), the slots (a count of 2; each rule, latest time, identity,
/// marks, data and facts), what is held and what was sent (a count of 2 each). A piece of text has
/// 2 bytes of length; that of a field says in its two highest bits whether it is settled, and
/// whether the text is that of the entry before, which then is not written again.
extension ProfileState {
    static let layoutVersion = 2
    static let timerOffset = 1
    static let firstSeenOffset = 9
    static let lastSeenOffset = 17
    static let rulesVersionOffset = 25
    static let fieldsOffset = 33
    /// The bytes of a field in front of its JSON.
    static let fieldHead = 18
    static let settledBit: UInt16 = 0x8000
    static let repeatedBit: UInt16 = 0x4000

    // MARK: Reading

    /// Takes over what is stored; throws when it can't be that.
    mutating func read(_ stored: [UInt8], storeName: String) throws(StoreError) {
        removeAll()
        bytes.append(unsafe stored.span.bytes)
        var reader = Reader(end: bytes.count)
        readAll(&reader)
        if reader.isDamaged || reader.position != bytes.count {
            throw .corrupt(
                path: storeName, reason: "the value of a profile ends or begins otherwise than one",
                remedy: "restore the file, or reset the application")
        }
    }

    private struct Reader {
        let end: Int
        var position = 0
        var isDamaged = false
    }

    private func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ reader: inout Reader, _: Value.Type = Value.self
    ) -> Value {
        let size = MemoryLayout<Value>.size
        guard reader.position + size <= reader.end else {
            reader.isDamaged = true
            return 0
        }
        defer { reader.position += size }
        return unsafe bytes.bytes.loadUnaligned(fromByteOffset: reader.position, as: Value.self)
    }

    private func piece(_ reader: inout Reader) -> Piece {
        piece(&reader, count: Int(load(&reader, UInt16.self)))
    }

    private func piece(_ reader: inout Reader, count: Int) -> Piece {
        guard reader.position + count <= reader.end else {
            reader.isDamaged = true
            return .empty
        }
        defer { reader.position += count }
        return Piece(start: Int32(reader.position), count: Int32(count))
    }

    private mutating func readAll(_ reader: inout Reader) {
        if load(&reader, UInt8.self) != UInt8(Self.layoutVersion) { reader.isDamaged = true }
        timer = load(&reader)
        firstSeen = load(&reader)
        lastSeen = load(&reader)
        rulesVersion = load(&reader)
        for _ in 0..<load(&reader, UInt16.self) where !reader.isDamaged { readField(&reader) }
        for _ in 0..<load(&reader, UInt16.self) where !reader.isDamaged { readSlot(&reader) }
        for _ in 0..<load(&reader, UInt16.self) where !reader.isDamaged {
            held.append(
                HeldAction(
                    rule: load(&reader), due: load(&reader), matchedAt: load(&reader),
                    startedAt: load(&reader), identity: load(&reader), target: load(&reader),
                    change: load(&reader), ruleName: piece(&reader), data: piece(&reader)))
        }
        for _ in 0..<load(&reader, UInt16.self) where !reader.isDamaged {
            sent.append(
                SentAction(
                    time: load(&reader), channel: load(&reader), campaign: load(&reader),
                    rule: load(&reader), priority: load(&reader),
                    isCounted: load(&reader, UInt8.self) != 0))
        }
    }

    /// The bytes of JSON behind the head of a field.
    static func jsonCount(_ head: UInt16) -> Int {
        head & repeatedBit != 0 ? 0 : Int(head & ~settledBit)
    }

    private mutating func readField(_ reader: inout Reader) {
        let (hash, time): (UInt64, Int64) = (load(&reader), load(&reader))
        let head: UInt16 = load(&reader)
        let isRepeated = head & Self.repeatedBit != 0
        if isRepeated, fields.last?.hash != hash { reader.isDamaged = true }
        var json = isRepeated ? fields.last?.json ?? .empty : .empty
        if !isRepeated { json = piece(&reader, count: Self.jsonCount(head)) }
        fields.append(
            Field(hash: hash, time: time, json: json, isSettled: head & Self.settledBit != 0))
    }

    private mutating func readSlot(_ reader: inout Reader) {
        var slot = ProfileSlot(rule: load(&reader))
        slot.applied = load(&reader)
        slot.identity = load(&reader)
        let count = Int(load(&reader, UInt8.self))
        for index in 0..<count {
            let mark: Int64 = load(&reader)
            if index < ProfileSlot.markCount { slot.marks[index] = mark }
        }
        slot.data = piece(&reader)
        for _ in 0..<load(&reader, UInt16.self) where !reader.isDamaged {
            facts.append(
                Fact(
                    slot: slots.count, time: load(&reader), bits: load(&reader),
                    identity: load(&reader), data: piece(&reader)))
        }
        slots.append(slot)
    }

    // MARK: Writing

    func write(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        buffer.append(number: timer)
        buffer.append(number: firstSeen)
        buffer.append(number: lastSeen)
        buffer.append(number: rulesVersion)
        buffer.append(number: UInt16(fields.count))
        for index in fields.indices { writeField(index, to: &buffer) }
        buffer.append(number: UInt16(slots.count))
        var fact = 0
        for index in slots.indices { writeSlot(index, &fact, to: &buffer) }
        buffer.append(number: UInt16(held.count))
        for action in held {
            buffer.append(number: action.rule)
            buffer.append(number: action.due)
            buffer.append(number: action.matchedAt)
            buffer.append(number: action.startedAt)
            buffer.append(number: action.identity)
            buffer.append(action.target)
            buffer.append(action.change)
            write(action.ruleName, to: &buffer)
            write(action.data, to: &buffer)
        }
        buffer.append(number: UInt16(sent.count))
        for action in sent {
            buffer.append(number: action.time)
            buffer.append(number: action.channel)
            buffer.append(number: action.campaign)
            buffer.append(number: action.rule)
            buffer.append(number: action.priority)
            buffer.append(action.isCounted ? 1 : 0)
        }
    }

    /// Takes slots away that remember nothing.
    mutating func dropEmptySlots() {
        for slot in slots.indices.reversed()
        where slots[slot].hasNoMarks && facts(of: slot).isEmpty {
            slots.remove(at: slot)
            for fact in facts.indices where facts[fact].slot > slot { facts[fact].slot -= 1 }
        }
    }

    private func writeField(_ index: Int, to buffer: inout ByteBuffer) {
        let field = fields[index]
        let isRepeated = isRepeated(index)
        buffer.append(number: field.hash)
        buffer.append(number: field.time)
        buffer.append(
            number: (field.isSettled ? Self.settledBit : 0)
                | (isRepeated ? Self.repeatedBit : UInt16(field.json.count)))
        if !isRepeated { unsafe buffer.append(text(field.json)) }
    }

    private func writeSlot(_ index: Int, _ fact: inout Int, to buffer: inout ByteBuffer) {
        let slot = slots[index]
        buffer.append(number: slot.rule)
        buffer.append(number: slot.applied)
        buffer.append(number: slot.identity)
        var count = ProfileSlot.markCount
        while count > 0, slot.marks[count - 1] == Self.none { count -= 1 }
        buffer.append(UInt8(count))
        for mark in 0..<count { buffer.append(number: slot.marks[mark]) }
        write(slot.data, to: &buffer)
        let first = fact
        while fact < facts.count, facts[fact].slot == index { fact += 1 }
        buffer.append(number: UInt16(fact - first))
        for index in first..<fact {
            buffer.append(number: facts[index].time)
            buffer.append(facts[index].bits)
            buffer.append(number: facts[index].identity)
            write(facts[index].data, to: &buffer)
        }
    }

    private func write(_ piece: Piece, to buffer: inout ByteBuffer) {
        buffer.append(number: UInt16(piece.count))
        unsafe buffer.append(text(piece))
    }
}
