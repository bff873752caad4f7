internal import Events
internal import SampleEvents

/// Sample events in batches, as a consumer hands them over: the same bytes in every round.
final class SampleInput {
    /// As many as the engine fetches at once.
    private static let batchSize = 512

    private(set) var batches: [RecordBatch] = []
    private(set) var count = 0
    private var byteCount = 0
    /// The keys of the records, each once, in the order of their first records.
    private(set) var keys: [String] = []

    init(count: Int) {
        var settings = SampleEventSettings()
        settings.brokenShare = 0
        var generator = SampleEventGenerator(seed: 1, settings: settings)
        var record = SampleRecord()
        var known: Set<String> = []
        while self.count < count {
            let batch = RecordBatch()
            for _ in 0..<min(Self.batchSize, count - self.count) {
                generator.next(into: &record)
                batch.append(
                    key: record.key.span, value: record.value.span, headers: nil,
                    offset: Int64(self.count), timestamp: record.timestamp.milliseconds)
                byteCount += record.value.count
                if known.insert(record.key.string).inserted { keys.append(record.key.string) }
                self.count += 1
            }
            batches.append(batch)
        }
    }

    var meanByteCount: Int { byteCount / max(1, count) }
}
