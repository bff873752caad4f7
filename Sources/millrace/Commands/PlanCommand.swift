internal import ArgumentParser
internal import StreamCore
internal import StreamEngine
internal import StreamKafka
internal import TopologyFiles

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says what a start would do with state and topics, and touches nothing.",
        discussion: """
            Per store: kept, new, dropped or changed, in the state files here and, for tasks that have \
            none here, in the changelogs; per topic: there, to be created, or wrong with \
            the way to repair it. State files may be in use. Ends with 0 when a start would go \
            through and with 1 when it would be refused.
            """)

    @Argument(help: "A topology file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: "Where state is kept, instead of processing.state_directory.")
    var stateDirectory: String?

    @Flag(help: "Leave out the topics; no broker is needed.")
    var offline = false

    @Flag(help: "As for a start with --create-topics.")
    var createTopics = false

    @Option(help: "With how many partitions --create-topics creates topics.")
    var partitions: Int32 = 4

    @OptionGroup var logOptions: LogOptions

    func validate() throws {
        try ValidationError.check(partitions, "--partitions", is: ValidationError.partitionLimits)
    }

    func run() throws {
        let topology: LoadedTopology
        do {
            topology = try LoadedTopology(path: file)
        } catch {
            throw Outcome.refuse(error)
        }
        let directory = stateDirectory ?? topology.file.processing.stateDirectory
        do {
            let application = application(topology, directory)
            let isLogged = topology.engineSettings.changelog == .kafka
            let sawChangelogs = isLogged && !offline && !topology.kafka.isEmbedded
            let state = try application.statePlan(includingChangelogs: sawChangelogs)
            StateDrawing(
                plan: state, folder: "\(directory)/\(topology.plan.topology.application)",
                isLogged: isLogged, sawChangelogs: sawChangelogs
            ).print()
            let topics = offline ? nil : try application.topicPlan()
            topics.map(Self.print)
            try conclude(state, topics)
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Outcome.stop(error)
        }
    }

    private func conclude(_ state: StatePlan, _ topics: TopicPlan?) throws {
        let needsConfirmation = state.refusal != nil || !state.changelogDifferences.isEmpty
        if needsConfirmation {
            Terminal.print(
                "to delete what is dropped and to begin what is changed empty: "
                    + "millrace run \(file) --confirm-state-changes")
        }
        let isRefused = needsConfirmation || topics?.failure != nil || state.isUnreadable
        Terminal.print(isRefused ? "a start would be refused" : "a start would go through")
        if isRefused { throw Outcome.hadToStop }
    }

    private func application(_ topology: LoadedTopology, _ directory: String) -> Application {
        var settings = topology.engineSettings
        if createTopics || topology.kafka.isEmbedded {
            settings.missingTopics = .create(partitions: partitions)
        }
        return Application(
            plan: topology.plan, settings: settings,
            cluster: topology.cluster(log: logOptions.logger()),
            storage: topology.storage(in: directory), wallClock: LoadedTopology.wallClock)
    }

    private static func print(_ plan: TopicPlan) {
        Terminal.print("topics:")
        for entry in plan.entries {
            Terminal.print("  \(entry.topic) (\(entry.role.rawValue)): \(describe(entry))")
        }
    }

    private static func describe(_ entry: TopicPlan.Entry) -> String {
        switch entry.standing {
        case .there: return "there, \(count(entry.partitions))"
        case .toCreate:
            let configuration = entry.configuration.sorted { $0.key < $1.key }
                .map { ", \($0.key)=\($0.value)" }
            return "to be created: \(count(entry.partitions))\(configuration.joined())"
        case .wrong(.missingTopics):
            return """
                wrong: it is missing; correct its name in the topology, run with --create-topics, or: \
                kafka-topics.sh --bootstrap-server SERVER --create --topic '\(entry.topic)' \
                --partitions NUMBER
                """
        case .wrong(let error): return "wrong: \(error)"
        }
    }

    private static func count(_ partitions: Int32?) -> String {
        guard let partitions else { return "as many partitions as its sources will have" }
        return partitions == 1 ? "1 partition" : "\(partitions) partitions"
    }
}
