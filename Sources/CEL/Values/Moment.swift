public import Events

/// A point in time to the nanosecond, from the year 1 to the year 9999, as the language has it.
public struct Moment: Hashable, Comparable, Sendable, BitwiseCopyable {
    static let secondRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// Seconds since 1970-01-01T00:00:00Z; negative before it.
    public let seconds: Int64
    /// Nanoseconds after the second, from 0 to 999,999,999.
    public let nanoseconds: Int32

    init(unchecked seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The moment, or `nil` when it lies outside of the years 1 to 9999.
    public init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.secondRange.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            return nil
        }
        self.init(unchecked: seconds, nanoseconds: nanoseconds)
    }

    /// The moment of a timestamp; one outside of the years 1 to 9999 becomes the nearest within.
    public init(_ timestamp: Timestamp) {
        let (seconds, milliseconds) = timestamp.milliseconds.dividedDown(by: 1000)
        let clamped = min(max(seconds, Self.secondRange.lowerBound), Self.secondRange.upperBound)
        self.init(
            unchecked: clamped,
            nanoseconds: clamped == seconds ? Int32(milliseconds) * 1_000_000 : 0)
    }

    /// The timestamp; what is beyond the millisecond is cut off.
    public var timestamp: Timestamp {
        Timestamp(milliseconds: seconds * 1000 + Int64(nanoseconds) / 1_000_000)
    }

    /// The moment that lies `nanoseconds` later, or `nil` when that is out of range.
    func adding(nanoseconds: Int64) -> Moment? {
        let (seconds, rest) = nanoseconds.dividedDown(by: Self.nanosecondsPerSecond)
        let sum = rest + Int64(self.nanoseconds)
        let (carry, remainder) = sum.dividedDown(by: Self.nanosecondsPerSecond)
        return Moment(seconds: self.seconds + seconds + carry, nanoseconds: Int32(remainder))
    }

    /// The nanoseconds from `earlier` to this moment, or `nil` when they are too many.
    func nanoseconds(since earlier: Moment) -> Int64? {
        let seconds = self.seconds - earlier.seconds
        let (product, overflow) = seconds.multipliedReportingOverflow(by: Self.nanosecondsPerSecond)
        let (sum, overflowOfSum) = product.addingReportingOverflow(
            Int64(nanoseconds) - Int64(earlier.nanoseconds))
        return overflow || overflowOfSum ? nil : sum
    }

    /// Moments are ordered by time.
    public static func < (left: Moment, right: Moment) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
