internal import Foundation

/// The time that stream threads go by: when a commit is due, how long a broker has been away.
///
/// A parameter, so that a simulation turns it. Event time has nothing to do with it.
public struct EngineClock: Sendable {
    public var now: @Sendable () -> ContinuousClock.Instant
    /// Lets time pass where a thread can do nothing but try again: another process is about to
    /// release a state file, a broker is about to answer.
    public var pause: @Sendable (Duration) -> Void

    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        pause: @escaping @Sendable (Duration) -> Void
    ) {
        self.now = now
        self.pause = pause
    }

    /// The machine's.
    public static let system = EngineClock(
        now: { ContinuousClock().now },
        pause: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) })
}
