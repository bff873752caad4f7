internal import Events
internal import StreamCore

/// Hands what tasks wrote to the producer, in lots: the next lot goes out when the one before is
/// acknowledged, and gathers what tasks write meanwhile.
///
/// librdkafka's idempotent producer has one request per partition under way at a time. While more
/// lies ready for that partition, its thread does not sleep: it asks again and again, without a
/// pause, whether the answer has come (2.0.2, `rd_kafka_toppar_producer_serve`), and takes a whole
/// core from the others. Lots never let it come to that, and they fill its batches: at any rate a
/// lot is what was written during the lot before.
final class OutputSender {
    /// Where tasks write.
    let output = OutputBatch()
    private var producer: any Producer
    private let topics: [String]
    private let patience: Duration
    private(set) var sentCount = 0
    /// How many records of `output` the producer has taken already, when it failed in the middle: a
    /// step of a commit is tried again, and may not send them twice.
    private var handedCount = 0

    /// When this much waits, the tasks wait too: back-pressure.
    private static let lotByteLimit = 800_000

    init(producer: any Producer, topics: [String], patience: Duration) {
        self.producer = producer
        self.topics = topics
        self.patience = patience
    }

    /// Goes on with another producer.
    func replaceProducer(_ producer: any Producer) { self.producer = producer }

    /// Whether something waits for the lot before it.
    var hasWaiting: Bool { output.count > 0 }

    /// Sends what was written if the lot before is acknowledged; waits for that when too much has
    /// been written meanwhile.
    ///
    /// - Throws: `EngineError.brokersAway` when the producer has made no room for as long as
    ///   brokers may be away.
    func send(clock: EngineClock) throws(EngineError) {
        guard hasWaiting else { return }
        try poll(.zero)
        if output.byteCount >= Self.lotByteLimit {
            try waitForRoom(clock) { producer.outstandingCount == 0 }
        }
        if producer.outstandingCount == 0 { try sendWaiting(clock) }
    }

    /// Sends everything and waits until it is acknowledged, each time at most `timeout`. After a
    /// failure it can be called again: nothing is sent twice.
    func flush(within timeout: Duration, clock: EngineClock) throws(EngineError) {
        // The lot that is under way first: nothing may lie ready behind it.
        if hasWaiting, producer.outstandingCount > 0 { try flushProducer(timeout) }
        try sendWaiting(clock)
        try flushProducer(timeout)
    }

    private func flushProducer(_ timeout: Duration) throws(EngineError) {
        do {
            try producer.flush(timeout: timeout)
        } catch {
            throw .cluster(error, doing: "writing to the sinks")
        }
    }

    /// Forgets what was written and not sent.
    func discard() {
        output.removeAll()
        handedCount = 0
    }

    private func sendWaiting(_ clock: EngineClock) throws(EngineError) {
        guard hasWaiting else { return }
        while handedCount < output.count {
            let taken = try hand(from: handedCount)
            handedCount += taken
            if taken > 0 { continue }
            let outstanding = producer.outstandingCount
            try waitForRoom(clock) { producer.outstandingCount < outstanding }
        }
        sentCount += output.count
        discard()
        try poll(.zero)
    }

    private func hand(from first: Int) throws(EngineError) -> Int {
        do {
            return try producer.send(output, from: first, topics: topics)
        } catch {
            throw .cluster(error, doing: "writing to the sinks")
        }
    }

    private func waitForRoom(
        _ clock: EngineClock, until hasRoom: () -> Bool
    ) throws(EngineError) {
        let start = clock.now()
        while !hasRoom() {
            try poll(.milliseconds(50))
            if clock.now() - start > patience { throw .brokersAway(limit: patience, last: nil) }
        }
    }

    private func poll(_ timeout: Duration) throws(EngineError) {
        do {
            try producer.poll(timeout: timeout)
        } catch {
            throw .cluster(error, doing: "writing to the sinks")
        }
    }
}
