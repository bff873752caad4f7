public import Events

/// What a sample is like.
public struct SampleEventSettings: Sendable {
    /// The event time at which the sample begins.
    public var start = Timestamp(milliseconds: 1_709_539_200_000)  // 2024-03-04T08:00:00Z
    /// Events per second of event time, all channels together.
    ///
    /// At the default an hour of event time holds 72,000 events, so that sessions also end in a
    /// sample that is generated within seconds.
    public var eventsPerSecond = 20.0
    /// How many people there are; each has one record key.
    public var customers = 10_000
    /// The share of records that can't be parsed or do not fit the schema.
    public var brokenShare = 0.01
    /// The share of records that arrive a second time, byte for byte.
    public var duplicateShare = 0.01
    /// The share of records that arrive after later ones.
    public var outOfOrderShare = 0.05
    /// How long a record is on its way at most, in event time.
    public var outOfOrderBound = Duration.seconds(5)

    /// How many customers a sample may have.
    public static let customerLimits = 2...1_000_000
    /// How many events a second of event time.
    public static let rateLimits = 0.001...1_000_000

    public init() {}
}
