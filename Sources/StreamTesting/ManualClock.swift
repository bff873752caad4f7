public import Events
internal import Synchronization

/// A wall clock that the test turns.
public final class ManualClock: Sendable {
    private let milliseconds: Atomic<Int64>

    public init(_ start: Timestamp = Timestamp(milliseconds: 0)) {
        milliseconds = Atomic(start.milliseconds)
    }

    public var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) }

    public func advance(by duration: Duration) {
        milliseconds.add(Int64(duration / .milliseconds(1)), ordering: .relaxed)
    }

    public func set(_ time: Timestamp) {
        milliseconds.store(time.milliseconds, ordering: .relaxed)
    }
}
