internal import ArgumentParser
internal import Events
internal import Foundation
internal import Logging
internal import StreamCore
internal import StreamEngine
internal import StreamKafka
internal import TopologyFiles

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a topology: from Kafka to Kafka, or over files.",
        discussion: """
            Without --input it runs until SIGINT or SIGTERM: the batch in hand is finished and \
            committed, and the group is left. With --input it reads files of one JSON document a \
            line instead of topics, writes a file per sink and ends; no broker is needed.
            """)

    @Argument(help: "A topology file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: "A file to read instead of a topic: FILE, or TOPIC=FILE. May be repeated.")
    var input: [String] = []

    @Option(help: "Where the files of the sinks go; with --input.")
    var outputDirectory: String?

    @Option(help: "The field whose value becomes the record key; with --input.")
    var keyField: String?

    @Flag(help: "Create source and sink topics that are missing, without a retention.")
    var createTopics = false

    @Option(help: "With how many partitions --create-topics creates topics. (default: 4)")
    var partitions: Int32?

    @Flag(help: "Stop once everything that is there is processed.")
    var untilCaughtUp = false

    @Flag(help: "Start tasks whose state is missing with empty state.")
    var allowStateLoss = false

    @Flag(
        help: """
            Delete state that this topology dropped, and begin empty what it gave another meaning; \
            `millrace plan` lists it.
            """)
    var confirmStateChanges = false

    @Option(help: "Where state is kept, instead of processing.state_directory.")
    var stateDirectory: String?

    @Option(help: "Print a summary at the end: text or json.")
    var report: ReportFormat = .text

    @OptionGroup var logOptions: LogOptions

    enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        try ValidationError.check(partitions, "--partitions", is: ValidationError.partitionLimits)
        if input.isEmpty, outputDirectory != nil {
            throw ValidationError("--output-directory goes with --input")
        }
        if input.isEmpty, keyField != nil {
            throw ValidationError("--key-field goes with --input")
        }
        if stateDirectory?.isEmpty == true {
            throw ValidationError("--state-directory is empty")
        }
        if input.isEmpty { return }
        if outputDirectory == nil { throw ValidationError("--input needs --output-directory") }
        let others = [
            ("--create-topics", createTopics), ("--partitions", partitions != nil),
            ("--until-caught-up", untilCaughtUp), ("--allow-state-loss", allowStateLoss),
            ("--confirm-state-changes", confirmStateChanges),
            ("--state-directory", stateDirectory != nil),
        ]
        if let other = others.first(where: \.1) {
            throw ValidationError("\(other.0) does not go with --input")
        }
    }

    func run() throws {
        let topology: LoadedTopology
        do {
            topology = try LoadedTopology(path: file, openRegistry: SchemaRegistries.online)
        } catch {
            throw Outcome.refuse(error)
        }
        do {
            if input.isEmpty {
                try runOnCluster(topology)
            } else {
                try runOverFiles(topology)
            }
        } catch let code as ExitCode {
            throw code
        } catch let error as ValidationError {
            throw error
        } catch {
            throw Outcome.stop(error)
        }
    }

    // MARK: On a cluster

    private func runOnCluster(_ topology: LoadedTopology) throws {
        let log = logOptions.logger()
        var settings = topology.engineSettings
        settings.stopsWhenCaughtUp = untilCaughtUp
        settings.allowsStateLoss = allowStateLoss
        settings.confirmsStateChanges = confirmStateChanges
        // An embedded cluster begins empty: its topics are there only when they are made.
        if createTopics || topology.kafka.isEmbedded {
            settings.missingTopics = .create(partitions: partitions ?? 4)
        }
        let directory = stateDirectory ?? topology.file.processing.stateDirectory
        let application = Application(
            plan: topology.plan, settings: settings, cluster: topology.cluster(log: log),
            storage: topology.storage(in: directory), wallClock: LoadedTopology.wallClock)
        if settings.changelog == .none, application.hasState {
            log.notice(
                """
                state is not logged (processing.changelog: none): if this machine is lost, so is the \
                state of its tasks
                """)
        }
        let engine = Engine(application, log: log)
        let signals = StopSignals { name in
            log.notice("\(name): finishing; a second one ends at once")
            engine.stop()
        }
        let watch = FileWatch(topology, path: file, reloads: application.reloads, log: log)
        watch?.start()
        let start = ContinuousClock.now
        defer {
            watch?.stop()
            withExtendedLifetime(signals) {}
        }
        try engine.run()
        print(engine.metrics, elapsed: ContinuousClock.now - start)
    }

    private func print(_ metrics: EngineMetrics, elapsed: Duration) {
        let seconds = (metrics.activeTime ?? elapsed) / .seconds(1)
        let rate = Double(metrics.records) / max(seconds, 0.000_001)
        switch report {
        case .text:
            Terminal.print(
                "\(NumberText.grouped(metrics.records)) records read, "
                    + "\(NumberText.grouped(metrics.sent)) written, "
                    + "\(NumberText.grouped(metrics.commits)) commits in \(seconds) s"
                    + (metrics.restoredRecords > 0
                        ? ", \(NumberText.grouped(metrics.restoredRecords)) records restored" : ""))
        case .json:
            Terminal.print(
                """
                {"records":\(metrics.records),"sent":\(metrics.sent),"commits":\(metrics.commits),\
                "seconds":\(seconds),"records_per_second":\(rate),\
                "commit_ms_p50":\(Double(metrics.commitMicrosecondsMedian) / 1000),\
                "commit_ms_p99":\(Double(metrics.commitMicrosecondsHigh) / 1000),\
                "restored_records":\(metrics.restoredRecords),\
                "restore_seconds":\(metrics.restoreTime / .seconds(1))}
                """)
        }
    }

    // MARK: Over files

    private func runOverFiles(_ topology: LoadedTopology) throws {
        let state = FileManager.default.temporaryDirectory
            .appending(path: "millrace-\(ProcessInfo.processInfo.processIdentifier)")
        let signals = StopSignals { name in
            try? FileManager.default.removeItem(at: state)
            _exit(128 + (name == "SIGINT" ? SIGINT : SIGTERM))
        }
        defer {
            try? FileManager.default.removeItem(at: state)
            withExtendedLifetime(signals) {}
        }
        var run = try FileRun(
            plan: topology.plan, inputs: try inputs(of: topology.plan),
            keyField: try keyPath(), outputDirectory: outputDirectory!,
            storage: topology.storage(in: state.path), now: LoadedTopology.wallClock())
        var bar = ProgressBar()
        let start = ContinuousClock.now
        var last = FileRun.Progress()
        try run.run { progress in
            last = progress
            bar.show(progress)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Double(last.records) / max(seconds, 0.001)
        if report == .json {
            let operators = run.metrics.map { OperatorReport($0, of: topology.plan) }
            let report = FileReport(
                records: last.records, seconds: seconds, recordsPerSecond: rate,
                operators: operators)
            return Terminal.print(try report.json())
        }
        for metrics in run.metrics { Terminal.print(Self.line(metrics, of: topology.plan)) }
        Terminal.print(
            "\(NumberText.grouped(last.records)) records in \(seconds) s, "
                + "\(NumberText.grouped(Int(rate)))/s")
    }

    private static func line(_ metrics: OperatorMetrics, of plan: TopologyPlan) -> String {
        let counts = OperatorReport.counts(metrics, of: plan).filter { $0.0 == "out" || $0.1 > 0 }
            .map { "\($0.0) \(NumberText.grouped($0.1))" }
        return "\(metrics.name): in \(NumberText.grouped(metrics.received)), "
            + counts.joined(separator: ", ")
            + (metrics.dropped > 0 ? ", dropped \(NumberText.grouped(metrics.dropped))" : "")
            + (metrics.late > 0 ? ", late \(NumberText.grouped(metrics.late))" : "")
            + metrics.gauges.sorted { $0.key < $1.key }.map { ", \($0.key) \($0.value)" }.joined()
    }

    private func keyPath() throws -> FieldPath? {
        guard let keyField else { return nil }
        do {
            return try FieldPath(keyField)
        } catch {
            throw ValidationError("--key-field '\(keyField)' is no field: \(error)")
        }
    }

    private func inputs(of plan: TopologyPlan) throws -> [FileRun.Input] {
        let topics = plan.externalSourceTopics
        return try input.map { text in
            if let separator = text.firstIndex(of: "="),
                topics.contains(String(text[..<separator]))
            {
                return FileRun.Input(
                    topic: String(text[..<separator]),
                    path: String(text[text.index(after: separator)...]))
            }
            guard topics.count == 1 else {
                throw ValidationError(
                    "the topology reads \(topics.joined(separator: ", ")): "
                        + "say which one as --input TOPIC=\(text)")
            }
            return FileRun.Input(topic: topics[0], path: text)
        }
    }
}
