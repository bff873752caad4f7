internal import Events
internal import StreamCore

/// The timers of one store of a task.
final class SQLiteTimerStore: TimerStore {
    private let state: SQLiteTaskState
    private let queue: TimerQueue

    init(_ state: SQLiteTaskState, _ queue: TimerQueue) {
        self.state = state
        self.queue = queue
    }

    var next: Timestamp { queue.next }

    func set(_ key: UnsafeRawBufferPointer, at time: Timestamp) throws(StoreError) {
        try state.setTimer(queue, unsafe TimerPoint(time.milliseconds, key))
    }

    func takeDue(at time: Timestamp, key: inout [UInt8]) throws(StoreError) -> Timestamp? {
        guard queue.next <= time else { return nil }
        return try state.takeDueTimer(queue, at: time, key: &key)
    }
}
