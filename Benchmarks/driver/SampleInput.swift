internal import Events
internal import SampleEvents

/// Sample events in batches, as a consumer hands them over: the same bytes in every round.
final class SampleInput {
    /// As many as the engine fetches at once.
    private static let batchSize = 512

    /// A batch of one topic.
    struct Batch {
        let topic: String
        let records = RecordBatch()
    }

    /// All records in one topic.
    private(set) var batches: [Batch] = []
    /// The same records, each in its channel's topic.
    private(set) var channelBatches: [Batch] = []
    private(set) var count = 0
    private var byteCount = 0
    /// The keys of the records, each once, in the order of their first records.
    private(set) var keys: [String] = []

    init(count: Int, topic: String) {
        var settings = SampleEventSettings()
        settings.brokenShare = 0
        var generator = SampleEventGenerator(seed: 1, settings: settings)
        var record = SampleRecord()
        var known: Set<String> = []
        while self.count < count {
            let batch = Batch(topic: topic)
            let channels = SampleChannel.allCases.map { Batch(topic: $0.topic) }
            for _ in 0..<min(Self.batchSize, count - self.count) {
                generator.next(into: &record)
                for target in [batch, channels[Int(record.channel.rawValue)]] {
                    target.records.append(
                        key: record.key.span, value: record.value.span, headers: nil,
                        offset: Int64(self.count), timestamp: record.timestamp.milliseconds)
                }
                byteCount += record.value.count
                if known.insert(record.key.string).inserted { keys.append(record.key.string) }
                self.count += 1
            }
            batches.append(batch)
            channelBatches += channels.filter { $0.records.count > 0 }
        }
    }

    var meanByteCount: Int { byteCount / max(1, count) }
}
