internal import Events
internal import StreamCore

/// Hands what tasks wrote to the producer, and waits while the producer has no room.
final class OutputSender {
    private var producer: any Producer
    private let topics: [String]
    private let patience: Duration
    private(set) var sentCount = 0

    init(producer: any Producer, topics: [String], patience: Duration) {
        self.producer = producer
        self.topics = topics
        self.patience = patience
    }

    /// Goes on with another producer.
    func replaceProducer(_ producer: any Producer) { self.producer = producer }

    /// Sends everything in `batch` and empties it.
    ///
    /// - Throws: `EngineError.brokersAway` when the producer has made no room for as long as
    ///   brokers may be away.
    func send(_ batch: OutputBatch, clock: EngineClock) throws(EngineError) {
        guard batch.count > 0 else { return }
        var sent = 0
        var stuckSince: ContinuousClock.Instant?
        while sent < batch.count {
            do {
                let taken = try producer.send(batch, from: sent, topics: topics)
                sent += taken
                if sent == batch.count { break }
                if taken > 0 { stuckSince = nil }
                try producer.poll(timeout: .milliseconds(50))
            } catch {
                throw .cluster(error, doing: "writing to the sinks")
            }
            let now = clock.now()
            if now - (stuckSince ?? now) > patience {
                throw .brokersAway(limit: patience, last: nil)
            }
            stuckSince = stuckSince ?? now
        }
        sentCount += batch.count
        batch.removeAll()
        do {
            try producer.poll(timeout: .zero)
        } catch {
            throw .cluster(error, doing: "writing to the sinks")
        }
    }

    /// Waits until everything that was sent is acknowledged.
    func flush() throws(EngineError) {
        do {
            try producer.flush(timeout: patience)
        } catch  where error.kind == .retriable || error.kind == .unreachable {
            throw .brokersAway(limit: patience, last: error)
        } catch {
            throw .cluster(error, doing: "writing to the sinks")
        }
    }
}
