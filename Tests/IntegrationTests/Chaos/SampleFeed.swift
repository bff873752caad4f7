import Events
import Foundation
import SampleEvents
import Testing

/// Sample events that `millrace generate` writes during a run, and the answer to them.
///
/// A customer's events are on one topic, so that their order does not depend on how far the reader
/// of another topic has come.
struct SampleFeed {
    private static let eventsPerSecondOfEventTime = 5.0

    let process: MillraceProcess
    let expectation: SampleExpectation
    private let lastTime: Timestamp

    /// Begins to write `count` events in about `duration`.
    init(
        count: Int, over duration: Duration, seed: UInt64, to broker: TestBroker, prefix: String,
        in folder: TestFolder
    ) throws {
        process = try MillraceProcess(
            [
                "generate", "--count", "\(count)", "--seed", "\(seed)", "--rate",
                "\(Double(count) / (duration / .seconds(1)))", "--event-time-rate",
                "\(Self.eventsPerSecondOfEventTime)", "--bootstrap-servers",
                broker.bootstrapServers, "--topic-prefix", prefix, "--topic-per-customer",
            ], in: folder)
        var settings = SampleEventSettings()
        settings.eventsPerSecond = Self.eventsPerSecondOfEventTime
        var generator = SampleEventGenerator(seed: seed, settings: settings)
        var expectation = SampleExpectation(
            gap: .seconds(1800), gapByChannel: [.pos: .seconds(300)])
        var record = SampleRecord()
        for _ in 0..<count {
            generator.next(into: &record)
            expectation.add(record)
        }
        self.expectation = expectation
        lastTime = record.timestamp
    }

    static let closingCount = 64

    /// What closes every session but those of its own, for one of the topics: enough to reach every
    /// partition.
    func closingRecords(topic: Int) -> [TestBroker.Record] {
        let time = lastTime.adding(milliseconds: 3 * 3_600_000)
        var text = ByteBuffer(capacity: 32)
        text.append(iso8601: time)
        return (0..<Self.closingCount).map { number in
            let identifier = "00000000-0000-4000-8000-00000000\(10 + topic)\(10 + number)"
            let value = """
                {"event_id":"\(identifier)","event_type":"page_view",\
                "occurred_at":"\(text.string)","channel":"web"}
                """
            return TestBroker.Record(
                key: "closer-\(number)", value: Array(value.utf8), timestamp: time.milliseconds)
        }
    }
}

/// The sessions on a topic, against those that follow from the events by a plain definition.
struct SessionAnswer {
    private struct Session: Hashable {
        let key: String
        let start: Timestamp
        let end: Timestamp
        let eventCount: Int
    }

    private var found: [Session: Int] = [:]

    /// Takes what is written of a session.
    mutating func add(_ value: Data) {
        guard let fields = try? JSONSerialization.jsonObject(with: value),
            let session = Self.session(fields as? [String: Any] ?? [:])
        else {
            Issue.record("not a session: \(String(decoding: value, as: UTF8.self))")
            return
        }
        found[session, default: 0] += 1
    }

    private static func session(_ fields: [String: Any]) -> Session? {
        guard let key = fields["key"] as? String, let count = fields["event_count"] as? Int,
            let start = (fields["start"] as? String).flatMap({ Timestamp(iso8601: $0) }),
            let end = (fields["end"] as? String).flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        return Session(key: key, start: start, end: end, eventCount: count)
    }

    func check(against expectation: SampleExpectation) {
        var counts = found
        for session in expectation.sessions() {
            let wanted = Session(
                key: session.key, start: session.start, end: session.end,
                eventCount: session.eventCount)
            counts[wanted, default: 0] -= 1
        }
        let wrong = counts.filter { $0.value != 0 }
        #expect(wrong.isEmpty, "\(wrong.count) sessions wrong: \(wrong.prefix(5))")
    }
}
