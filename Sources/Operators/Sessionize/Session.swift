internal import Events

/// One session of a key, as it lies in the state: numbers, and texts that point into the state's
/// bytes.
///
/// An event is a session of its own before it joins others, so that one rule,
/// ``isContinued(by:maximumLength:)``, serves for a further event and for one that bridges two
/// sessions.
///
/// Its pointers are those of the list or event that it was read from, and valid as long.
@safe struct Session: MergingWindow {
    /// Event time of the first and of the last event, in milliseconds.
    var start: Int64
    var end: Int64
    /// Until when, in event time, a further event belongs to the session.
    var reach: Int64
    /// Stream time when the session got its start, if another session with that start may have
    /// closed before: then it is a part of the id, which would be that one's else.
    var startedAt: Int64 = .min
    var entryTime: Int64 = .max
    var exitTime: Int64 = .min
    var lastStepTime: Int64 = .min
    var eventCount: UInt32 = 0
    var viewCount: UInt32 = 0
    var droppedSteps: UInt32 = 0
    var droppedAmounts: UInt32 = 0
    /// The local day that the session must not leave; 0 where sessions are not cut at midnight.
    var day: Int32 = 0
    var revenue: ExactDecimal?
    var campaign: UnsafeRawBufferPointer?
    var entry: UnsafeRawBufferPointer?
    var exit: UnsafeRawBufferPointer?
    /// Encoded lists of texts, and of times with texts.
    var channels = SessionList.Block()
    var steps = SessionList.Block()

    init(at time: Int64, reach: Int64) {
        start = time
        end = time
        self.reach = reach
    }

    /// A session without its texts and lists.
    init(_ numbers: StoredNumbers) {
        start = numbers.start
        end = numbers.end
        reach = numbers.reach
        startedAt = numbers.startedAt
        entryTime = numbers.entryTime
        exitTime = numbers.exitTime
        lastStepTime = numbers.lastStepTime
        eventCount = numbers.eventCount
        viewCount = numbers.viewCount
        droppedSteps = numbers.droppedSteps
        droppedAmounts = numbers.droppedAmounts
        day = numbers.day
        if numbers.revenueScale >= 0 {
            revenue = ExactDecimal(
                mantissa: numbers.revenueMantissa, scale: Int(numbers.revenueScale))
        }
    }

    /// Whether `later`, which starts no earlier, is a part of this session: it starts within reach,
    /// the two together are not too long, and neither midnight nor another campaign lies between.
    func isContinued(by later: Session, maximumLength: Int64) -> Bool {
        guard later.start <= reach, day == later.day else { return false }
        guard length(with: later) <= maximumLength else { return false }
        return unsafe later.campaign == nil || Self.areEqual(campaign, later.campaign)
    }

    /// Adds the numbers and texts of `part`, without its lists.
    mutating func widen(by part: Session) {
        if part.start < start { (start, startedAt) = (part.start, part.startedAt) }
        end = max(end, part.end)
        reach = max(reach, part.reach)
        eventCount &+= part.eventCount
        viewCount &+= part.viewCount
        droppedSteps &+= part.droppedSteps
        droppedAmounts &+= part.droppedAmounts
        if unsafe campaign == nil { unsafe campaign = unsafe part.campaign }
        if part.entryTime < entryTime {
            entryTime = part.entryTime
            unsafe entry = unsafe part.entry
        }
        if part.exitTime >= exitTime {
            exitTime = part.exitTime
            unsafe exit = unsafe part.exit
        }
        addRevenue(of: part)
    }

    private mutating func addRevenue(of part: Session) {
        guard let amount = part.revenue else { return }
        guard let sum = revenue else {
            revenue = amount
            return
        }
        if let larger = sum.adding(amount) {
            revenue = larger
        } else {
            droppedAmounts &+= 1
        }
    }

    private func length(with later: Session) -> Int64 {
        Timestamp(milliseconds: max(end, later.end))
            .milliseconds(since: Timestamp(milliseconds: min(start, later.start)))
    }

    /// Whether both have one id.
    func isSame(as other: Session) -> Bool {
        unsafe start == other.start && Self.areEqual(campaign, other.campaign)
    }

    /// Milliseconds between the first and the last event.
    var duration: Int64 {
        Timestamp(milliseconds: end).milliseconds(since: Timestamp(milliseconds: start))
    }

    private static func areEqual(
        _ left: UnsafeRawBufferPointer?, _ right: UnsafeRawBufferPointer?
    ) -> Bool {
        switch unsafe (left, right) {
        case (nil, nil): true
        case (let left?, let right?): unsafe ByteText.areEqual(left, right)
        default: false
        }
    }
}

/// The numbers of a session as they are stored: one piece, the largest first, so that there is no
/// room between them.
struct StoredNumbers: BitwiseCopyable {
    let revenueMantissa: Int128
    let start: Int64
    let end: Int64
    let reach: Int64
    let startedAt: Int64
    let entryTime: Int64
    let exitTime: Int64
    let lastStepTime: Int64
    let eventCount: UInt32
    let viewCount: UInt32
    let droppedSteps: UInt32
    let droppedAmounts: UInt32
    let day: Int32
    /// -1 when there is no revenue.
    let revenueScale: Int32

    /// Whether they can be those of a session, so that nothing that is worked out of them overflows.
    var arePossible: Bool {
        (-1...Int32(ExactDecimal.maximumScale)).contains(revenueScale) && start <= end
            && !end.subtractingReportingOverflow(start).overflow
    }

    init(_ session: Session) {
        revenueMantissa = session.revenue?.mantissa ?? 0
        start = session.start
        end = session.end
        reach = session.reach
        startedAt = session.startedAt
        entryTime = session.entryTime
        exitTime = session.exitTime
        lastStepTime = session.lastStepTime
        eventCount = session.eventCount
        viewCount = session.viewCount
        droppedSteps = session.droppedSteps
        droppedAmounts = session.droppedAmounts
        day = session.day
        revenueScale = Int32(session.revenue?.scale ?? -1)
    }
}
