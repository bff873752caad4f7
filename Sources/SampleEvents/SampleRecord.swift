public import Events

/// One record of a sample, in buffers that are used again for the next one.
public struct SampleRecord: ~Copyable {
    public package(set) var channel = SampleChannel.web
    /// The customer, as `c-000042`: the same in all channels, so that a customer's events can be
    /// co-partitioned.
    public package(set) var key = ByteBuffer(capacity: 32)
    /// A JSON object, or what a fault left of one.
    public package(set) var value = ByteBuffer(capacity: 1024)
    /// When the record arrives: the time that its producer gives it.
    public package(set) var timestamp = Timestamp.distantPast
    /// When the event happened; not after `timestamp`.
    public package(set) var occurredAt = Timestamp.distantPast
    /// The number of the customer whom `key` names, from 0.
    public package(set) var customer = 0
    public package(set) var fault: SampleFault?
    /// Whether the same bytes came before.
    public package(set) var isDuplicate = false

    public init() {}
}
