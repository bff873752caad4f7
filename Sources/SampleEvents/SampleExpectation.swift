public import Events

/// What a correct processor must find in a sample: counts, and sessions by a plain definition that
/// shares no code with the operators.
///
/// An event belongs to a session when it is no further from one of the session's events than that
/// event's channel allows: each event keeps its session open for the gap of its channel. All
/// events are taken as seen in the order in which they happened; so the answer holds for a
/// processor whose watermark and grace cover the sample's disorder. A record that comes again, byte
/// for byte, is in no session.
///
/// ```swift
/// var expectation = SampleExpectation(gap: .seconds(1800), gapByChannel: [.pos: .seconds(300)])
/// generator.next(into: &record)
/// expectation.add(record)
/// ```
public struct SampleExpectation: Sendable {
    /// One customer's activity without a longer pause.
    public struct Session: Hashable, Sendable, Comparable {
        /// The record key.
        public let key: String
        public let start: Timestamp
        public let end: Timestamp
        public let eventCount: Int

        package init(key: String, start: Timestamp, end: Timestamp, eventCount: Int) {
            self.key = key
            self.start = start
            self.end = end
            self.eventCount = eventCount
        }

        /// By key, then by start.
        public static func < (a: Self, b: Self) -> Bool {
            (a.key, a.start) < (b.key, b.start)
        }
    }

    private struct Event {
        let occurredAt: Timestamp
        let channel: SampleChannel
    }

    /// All records.
    public private(set) var recordCount = 0
    /// Records that parse, fit the schema and did not come before.
    public private(set) var validCount = 0
    /// Records that parse, fit the schema and came before.
    public private(set) var repeatCount = 0
    /// Records that a parser refuses.
    public private(set) var unparseableCount = 0
    /// Records that parse and do not fit the schema.
    public private(set) var invalidCount = 0

    /// In milliseconds, by channel.
    private let gaps: [Int64]
    private var eventsByCustomer: [[Event]] = []

    /// Expects nothing yet.
    public init(gap: Duration, gapByChannel: [SampleChannel: Duration] = [:]) {
        gaps = SampleChannel.allCases.map {
            Int64((gapByChannel[$0] ?? gap) / .milliseconds(1))
        }
    }

    /// Counts a record of the sample.
    public mutating func add(_ record: borrowing SampleRecord) {
        recordCount += 1
        if let fault = record.fault {
            if fault.isUnparseable { unparseableCount += 1 } else { invalidCount += 1 }
            return
        }
        if record.isDuplicate {
            repeatCount += 1
            return
        }
        validCount += 1
        while eventsByCustomer.count <= record.customer { eventsByCustomer.append([]) }
        eventsByCustomer[record.customer].append(
            Event(occurredAt: record.occurredAt, channel: record.channel))
    }

    /// The sessions of what was added, by key and start; those that are still open included.
    public func sessions() -> [Session] {
        eventsByCustomer.indices.flatMap { sessions(of: $0) }
    }

    private func sessions(of customer: Int) -> [Session] {
        let events = eventsByCustomer[customer].sorted { $0.occurredAt < $1.occurredAt }
        guard let first = events.first else { return [] }
        var buffer = ByteBuffer(capacity: 16)
        buffer.append(keyOf: customer)
        let key = buffer.string

        var sessions: [Session] = []
        var start = first.occurredAt
        var end = start
        var count = 0
        var openUntil = start
        for event in events {
            if event.occurredAt > openUntil {
                sessions.append(Session(key: key, start: start, end: end, eventCount: count))
                start = event.occurredAt
                count = 0
            }
            end = event.occurredAt
            count += 1
            let gap = gaps[Int(event.channel.rawValue)]
            openUntil = max(openUntil, end.adding(milliseconds: gap))
        }
        sessions.append(Session(key: key, start: start, end: end, eventCount: count))
        return sessions
    }
}
