internal import Events
internal import StreamCore

/// What the operator keeps of one profile.
///
/// It is read from one value of the store, changed, and written back. Texts lie in `bytes`, behind
/// what was read.
struct ProfileState: ~Copyable {
    static let none = Int64.min
    /// The version of the rules of a profile that has had no appointments yet.
    static let neverAppointed: UInt64 = 0
    /// And of one that gets none before it is seen again.
    static let restsUntilSeen: UInt64 = 2

    /// A piece of `bytes`.
    struct Piece: BitwiseCopyable {
        var start: Int32 = 0
        var count: Int32 = 0

        static let empty = Piece()
        var isEmpty: Bool { count == 0 }
    }

    /// What an event said of a field, as JSON, and when.
    ///
    /// Events come ahead of stream time, and a decision sees what was so at its moment. So all that
    /// is not earlier than stream time is kept, and of the rest the last.
    struct Field: BitwiseCopyable {
        var hash: UInt64
        var time: Int64
        var json: Piece
        /// Whether it was so already before anything that is still to be decided.
        var isSettled: Bool
    }

    /// The earliest timer that is set; `Int64.max` for none.
    var timer = Int64.max
    var firstSeen = Int64.max
    var lastSeen = none
    /// With which rules its appointments were computed; other than theirs when they have to be.
    /// Versions of rules are odd numbers.
    var rulesVersion = Self.neverAppointed

    /// Those of one hash stand together, in the order of their times.
    var fields: [Field] = []
    var slots: [ProfileSlot] = []
    /// By slot, then by time, then as they came.
    var facts: [Fact] = []
    var held: [HeldAction] = []
    /// In the order in which they were sent.
    var sent: [SentAction] = []
    var bytes = ByteBuffer(capacity: 4096)
    /// The exits of absences that were applied since it was read.
    var exits: [(rule: UInt64, time: Int64)] = []

    mutating func removeAll() {
        timer = .max
        firstSeen = .max
        lastSeen = Self.none
        rulesVersion = Self.neverAppointed
        fields.empty()
        slots.empty()
        facts.empty()
        held.empty()
        sent.empty()
        exits.empty()
        bytes.removeAll()
    }

    func text(_ piece: Piece) -> UnsafeRawBufferPointer {
        let (start, count) = (Int(piece.start), Int(piece.count))
        return unsafe UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<start + count])
    }

    mutating func add(_ text: UnsafeRawBufferPointer) -> Piece {
        let start = bytes.count
        unsafe bytes.append(text)
        return Piece(start: Int32(start), count: Int32(bytes.count - start))
    }

    mutating func note(seen time: Int64) {
        firstSeen = min(firstSeen, time)
        lastSeen = max(lastSeen, time)
    }

    /// The slot of a rule; it is made when there is none.
    mutating func slot(of rule: Rule) -> Int {
        if let index = slots.firstIndex(where: { $0.rule == rule.identity }) { return index }
        slots.append(ProfileSlot(rule: rule.identity))
        return slots.count - 1
    }

    /// Whether the profile belongs to the segment of a rule.
    func belongs(to identity: UInt64) -> Bool {
        slots.contains { $0.rule == identity && $0.marks[0] != Self.none }
    }

    /// The positions of a slot's facts.
    func facts(of slot: Int) -> Range<Int> {
        var start = 0
        while start < facts.count, facts[start].slot < slot { start += 1 }
        var end = start
        while end < facts.count, facts[end].slot == slot { end += 1 }
        return start..<end
    }
}

/// What a rule has come to for a profile.
struct ProfileSlot: BitwiseCopyable {
    /// A sequence has at most so many steps.
    static let markCount = 8

    let rule: UInt64
    /// The time of the latest fact that was applied; earlier ones come too late.
    var applied = ProfileState.none
    /// Times that depend on the kind of the rule:
    /// sequence: of the latest start of which so many steps and one are done;
    /// absence: since when the exit is awaited; threshold: 0 when it has fired;
    /// segment: since when the profile belongs to it, and the last event that says so;
    /// schedule: when it is due.
    var marks = InlineArray<8, Int64>(repeating: ProfileState.none)
    /// Of the event that an absence awaits the exit of.
    var identity: UInt64 = 0
    var data = ProfileState.Piece.empty

    init(rule: UInt64) { self.rule = rule }

    var hasNoMarks: Bool {
        for mark in marks.indices where marks[mark] != ProfileState.none { return false }
        return true
    }
}

/// What an event says to a rule, until the time has come to apply it in the order of events.
struct Fact: BitwiseCopyable {
    var slot: Int
    let time: Int64
    /// Which conditions of the rule it meets, the first is the lowest bit.
    let bits: UInt8
    /// What tells the event from others.
    let identity: UInt64
    let data: ProfileState.Piece
}

/// An action that waits for the end of quiet hours.
struct HeldAction: BitwiseCopyable {
    let rule: UInt64
    let due: Int64
    let matchedAt: Int64
    let startedAt: Int64
    let identity: UInt64
    /// Which of the rule's targets waits.
    let target: UInt8
    let change: UInt8
    let ruleName: ProfileState.Piece
    let data: ProfileState.Piece
}

/// An action that was sent, for caps and priorities.
struct SentAction: BitwiseCopyable {
    let time: Int64
    let channel: UInt64
    let campaign: UInt64
    let rule: UInt64
    let priority: Int16
    /// Whether caps count it.
    let isCounted: Bool
}
