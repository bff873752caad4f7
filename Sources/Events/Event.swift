/// One event on its way through a task: a small plain value that points into an ``EventArena``.
///
/// Copying an event is how a branch is made: a change to one copy is not seen by the other,
/// because changes are entries in the arena that only that copy knows.
public struct Event: BitwiseCopyable, Sendable {
    /// The event's document in the arena.
    var slot: Int32

    /// The newest entry of the event's overlay, or -1 when nothing was changed.
    var overlay: Int32

    /// Event time.
    public var timestamp: Timestamp

    /// Stream time of the task when this event was chosen.
    public var streamTime: Timestamp

    /// Order within the task, by which branches are merged the same way every time.
    public var sequence: Int64

    /// The record key in the arena; ``ByteRange/absent`` when there is none.
    public var key: ByteRange

    /// Whether both are the same record with the same changes, so that all fields are equal.
    package func hasSameFields(as other: Event) -> Bool {
        slot == other.slot && overlay == other.overlay
    }

    init(slot: Int32, timestamp: Timestamp, key: ByteRange) {
        self.slot = slot
        self.overlay = -1
        self.timestamp = timestamp
        self.streamTime = .distantPast
        self.sequence = 0
        self.key = key
    }
}
