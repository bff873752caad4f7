internal import Events

/// One session of a key, as it lies in the state: numbers, and texts that point into the state's
/// bytes.
///
/// An event is a session of its own before it joins others, so that one rule, ``merge``, serves
/// for a first event, a further event and an event that bridges two sessions.
@safe struct Session {
    /// Event time of the first and of the last event, in milliseconds.
    var start: Int64
    var end: Int64
    /// Until when, in event time, a further event belongs to the session.
    var reach: Int64
    var entryTime: Int64 = .max
    var exitTime: Int64 = .min
    var lastStepTime: Int64 = .min
    var eventCount: UInt32 = 0
    var viewCount: UInt32 = 0
    var droppedSteps: UInt32 = 0
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

    /// Whether the two may be one session: their times touch and nothing cuts between them.
    func touches(_ other: Session, maximumLength: Int64) -> Bool {
        guard start <= other.reach, other.start <= reach else { return false }
        guard day == other.day else { return false }
        return max(end, other.end) - min(start, other.start) <= maximumLength
    }
}
