internal import ArgumentParser
internal import Events
internal import Foundation
internal import Logging
internal import SampleEvents
internal import StreamCore
internal import StreamEngine
internal import StreamKafka

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes customer events of four channels: the same seed gives the same events.",
        discussion: """
            They hold sessions, several identifiers per person, events out of order, duplicates \
            and a share of broken records. They go to standard output, to a file per topic, or to \
            Kafka.
            """)

    @Option(help: "How many events.")
    var count: Int = 1000

    @Option(help: "The same seed gives the same events.")
    var seed: UInt64 = 1

    @Option(help: "Events a second of wall time; as fast as possible without it.")
    var rate: Double?

    @Option(help: "Events a second of event time.")
    var eventTimeRate: Double?

    @Option(help: "How many customers there are.")
    var customers: Int?

    @Option(help: "The share of broken records, 0 to 1.")
    var broken: Double?

    @Option(help: "The share of duplicates, 0 to 1.")
    var duplicates: Double?

    @Option(help: "A folder that gets one file per topic.")
    var outputDirectory: String?

    @Option(help: "Kafka to write to, as host:port.")
    var bootstrapServers: String?

    @Option(help: "Write all events to this topic, instead of one per channel.")
    var toTopic: String?

    @Option(help: "What the names of the topics begin with.")
    var topicPrefix = ""

    @Flag(help: "Give each customer one of the topics, where their events are in order.")
    var topicPerCustomer = false

    @Option(help: "A librdkafka property, as name=value. May be repeated.")
    var property: [String] = []

    @Option(help: "With how many partitions missing topics are created.")
    var partitions: Int32 = 4

    @OptionGroup var logOptions: LogOptions

    func validate() throws {
        if count < 0 { throw ValidationError("--count must not be negative") }
        try ValidationError.check(rate, "--rate", is: 0.001...1_000_000_000)
        try ValidationError.check(
            eventTimeRate, "--event-time-rate", is: SampleEventSettings.rateLimits)
        try ValidationError.check(customers, "--customers", is: SampleEventSettings.customerLimits)
        try ValidationError.check(partitions, "--partitions", is: ValidationError.partitionLimits)
        try ValidationError.check(broken, "--broken", is: 0...1)
        try ValidationError.check(duplicates, "--duplicates", is: 0...1)
        if outputDirectory != nil, bootstrapServers != nil {
            throw ValidationError("choose --output-directory or --bootstrap-servers")
        }
    }

    private var settings: SampleEventSettings {
        var settings = SampleEventSettings()
        if let eventTimeRate { settings.eventsPerSecond = eventTimeRate }
        if let customers { settings.customers = customers }
        if let broken { settings.brokenShare = broken }
        if let duplicates { settings.duplicateShare = duplicates }
        return settings
    }

    func run() throws {
        do {
            let sink = try sink()
            let topics = channelTopics
            var generator = SampleEventGenerator(seed: seed, settings: settings)
            var record = SampleRecord()
            var pace = Pace(rate: rate)
            for _ in 0..<count {
                generator.next(into: &record)
                let index =
                    topicPerCustomer
                    ? record.customer % topics.count : Int(record.channel.rawValue)
                try sink.write(record, topic: toTopic ?? topics[index])
                try pace.keep { try sink.flush() }
            }
            try sink.finish()
        } catch {
            throw Outcome.stop(error)
        }
    }

    /// A topic for each channel, in the order of the channels.
    private var channelTopics: [String] {
        SampleChannel.allCases.map { topicPrefix + $0.topic }
    }

    private func sink() throws -> any SampleSink {
        if let bootstrapServers {
            var properties = [
                StreamKafka.KafkaProperty(name: "bootstrap.servers", value: bootstrapServers)
            ]
            for text in property {
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw ValidationError("--property takes name=value, not '\(text)'")
                }
                properties.append(
                    StreamKafka.KafkaProperty(name: String(parts[0]), value: String(parts[1])))
            }
            let topics = toTopic.map { [$0] } ?? channelTopics
            let cluster = KafkaCluster(KafkaSettings(properties: properties))
            let existing = try cluster.describeTopics(topics)
            let missing = topics.filter { existing[$0] == nil }
            if !missing.isEmpty {
                // Generated events lie in the past; a retention would delete them.
                try cluster.createTopics(
                    missing.map {
                        TopicSpec(
                            name: $0, partitions: partitions,
                            configuration: ["retention.ms": "-1"])
                    })
            }
            return try SampleTopicSink(cluster: cluster, topics: topics)
        }
        return try SampleFileSink(directory: outputDirectory)
    }
}

/// Holds a loop back to a rate.
struct Pace {
    private let rate: Double?
    private let start = ContinuousClock.now
    private var done = 0

    init(rate: Double?) { self.rate = rate }

    /// One more was done; before waiting, `body` sends on what is still held back.
    mutating func keep(_ body: () throws -> Void) throws {
        guard let rate else { return }
        done += 1
        let due = start + .seconds(Double(done) / rate)
        let now = ContinuousClock.now
        guard due - now > .milliseconds(5) else { return }
        try body()
        Thread.sleep(forTimeInterval: (due - now) / .seconds(1))
    }
}
