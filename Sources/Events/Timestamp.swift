/// A point in event time: milliseconds since 1970-01-01 UTC, as Kafka counts them.
///
/// Arithmetic saturates at ``distantPast`` and ``distantFuture``, so no timestamp that a device
/// invents can trap the process.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
    public let milliseconds: Int64

    /// The timestamp that lies `milliseconds` after 1970-01-01T00:00:00Z.
    @inlinable
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Earlier than every other timestamp; the stream time of a task that has seen no record.
    @inlinable public static var distantPast: Timestamp { Timestamp(milliseconds: .min) }

    /// Later than every other timestamp.
    @inlinable public static var distantFuture: Timestamp { Timestamp(milliseconds: .max) }

    /// This timestamp moved by `milliseconds`, which may be negative. Saturates.
    ///
    /// ``distantPast`` and ``distantFuture`` stay where they are: "never" plus an hour is "never".
    @inlinable
    public func adding(milliseconds: Int64) -> Timestamp {
        if self == .distantPast || self == .distantFuture { return self }
        let (sum, overflow) = self.milliseconds.addingReportingOverflow(milliseconds)
        if overflow { return milliseconds < 0 ? .distantPast : .distantFuture }
        return Timestamp(milliseconds: sum)
    }

    /// Milliseconds from `earlier` to this timestamp; negative when `earlier` is later. Saturates.
    @inlinable
    public func milliseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        if overflow { return milliseconds < earlier.milliseconds ? .min : .max }
        return difference
    }

    /// Timestamps are ordered by time.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with three decimals; `distantPast` and `distantFuture` by name.
    public var description: String {
        switch self {
        case .distantPast: return "distantPast"
        case .distantFuture: return "distantFuture"
        default:
            var buffer = ByteBuffer(capacity: 32)
            buffer.append(iso8601: self)
            return buffer.string
        }
    }
}
