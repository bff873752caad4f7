internal import Foundation
internal import SampleEvents
internal import StreamCore
internal import StreamEngine
internal import Synchronization

/// Writes sample events to the demo's cluster, at a rate, until it is stopped.
final class DemoFeed: Sendable {
    /// Event time runs faster than wall time, so that sessions close while one watches.
    private static let eventTimePerSecond = 240.0

    private let cluster: any Cluster
    private let topics: [String]
    private let seed: UInt64
    private let rate: Double
    private let stopping = Atomic(false)
    private let written = Atomic(0)

    init(cluster: any Cluster, topology: LoadedTopology, seed: UInt64, rate: Double) {
        self.cluster = cluster
        topics = SampleChannel.allCases.map(\.topic)
        self.seed = seed
        self.rate = rate
    }

    var writtenCount: Int { written.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }

    /// Runs on a thread of its own.
    func run() throws {
        let sink = try SampleTopicSink(cluster: cluster, topics: topics)
        var settings = SampleEventSettings()
        settings.eventsPerSecond = rate / Self.eventTimePerSecond
        settings.customers = 2000
        settings.brokenShare = 0.02
        var generator = SampleEventGenerator(seed: seed, settings: settings)
        var record = SampleRecord()
        var pace = Pace(rate: rate)
        while !stopping.load(ordering: .relaxed) {
            generator.next(into: &record)
            try sink.write(record, topic: record.channel.topic)
            try pace.keep { try sink.flush() }
            written.store(sink.sentCount, ordering: .relaxed)
        }
        try sink.finish()
        written.store(sink.sentCount, ordering: .relaxed)
    }
}
