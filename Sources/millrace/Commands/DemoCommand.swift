internal import ArgumentParser
internal import Foundation
internal import Logging
internal import SampleEvents
internal import StreamCore
internal import StreamEngine

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs the whole customer journey on sample events, without a cluster.",
        discussion: """
            Starts librdkafka's in-process cluster, writes generated events to it, runs the \
            topology on it and shows what happens; at the end it prints samples of what came out.
            """)

    @Option(help: "How long to run, in seconds.")
    var seconds: Double = 30

    @Option(help: "Events a second.")
    var rate: Double = 2000

    @Option(help: "The topology.", completion: .file(extensions: ["yaml", "yml"]))
    var topology = "Topologies/omnichannel.yaml"

    @Option(help: "The same seed gives the same events.")
    var seed: UInt64 = 1

    func validate() throws {
        try ValidationError.check(seconds, "--seconds", is: 0.1...31_536_000)
        // Event time runs faster than wall time, so the sample's own limit is another.
        try ValidationError.check(rate, "--rate", is: 1...1_000_000)
    }

    func run() throws {
        let state = FileManager.default.temporaryDirectory
            .appending(path: "millrace-demo-\(ProcessInfo.processInfo.processIdentifier)")
        defer { try? FileManager.default.removeItem(at: state) }
        var environment = ProcessInfo.processInfo.environment
        environment["KAFKA_BOOTSTRAP_SERVERS"] = "embedded"
        let loaded: LoadedTopology
        do {
            loaded = try LoadedTopology(path: topology, environment: environment)
        } catch {
            throw Outcome.refuse(error)
        }
        do {
            try run(loaded, stateDirectory: state.path)
        } catch {
            throw Outcome.stop(error)
        }
    }

    private func run(_ topology: LoadedTopology, stateDirectory: String) throws {
        var log = Logger(label: "millrace") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .error
        var settings = topology.engineSettings
        settings.missingTopics = .create(partitions: 4)
        // One member: the in-process cluster refuses commits while a second one joins or leaves.
        settings.threads = 1
        let cluster = topology.cluster(log: log)
        let engine = Engine(
            Application(
                plan: topology.plan, settings: settings, cluster: cluster,
                storage: topology.storage(in: stateDirectory), wallClock: LoadedTopology.wallClock),
            log: log)
        let feed = DemoFeed(cluster: cluster, topology: topology, seed: seed, rate: rate)
        let reader = DemoReader(cluster: cluster, topics: topology.plan.sinkTopics)
        let run = DemoRun(engine: engine, feed: feed, reader: reader)
        let signals = StopSignals { _ in run.stop() }
        defer { withExtendedLifetime(signals) {} }
        try run.run(seconds: seconds)
    }
}
