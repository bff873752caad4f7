internal import ArgumentParser
internal import StreamCore
internal import StreamEngine
internal import TopologyFiles

struct ForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Has every task of an application delete what it keeps of a profile.",
        discussion: """
            Writes the command to the application's control topic and prints what each task deleted, \
            as it answers. A task that is not running obeys when it runs again. Needs \
            'processing.control: kafka'. Ends with 0 when every task has answered, else with 1.
            """)

    @Argument(help: "A topology file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: "The key that the state of the profile is kept by.")
    var profile: String

    @Option(help: "How long to wait for answers, in seconds.")
    var wait: Int = 30

    @OptionGroup var logOptions: LogOptions

    func validate() throws {
        if profile.isEmpty { throw ValidationError("--profile is empty") }
        try ValidationError.check(wait, "--wait", is: 1...86_400)
    }

    func run() throws {
        let topology: LoadedTopology
        do {
            topology = try LoadedTopology(path: file)
        } catch {
            throw Outcome.refuse(error)
        }
        guard topology.plan.controlTopics != nil else {
            Terminal.printError(
                topology.file.topology.hasControl
                    ? "millrace: \(file) keeps no state: there is nothing to forget"
                    : "millrace: the tasks of \(file) obey no commands: write 'control: kafka' "
                        + "under 'processing' and start it again")
            throw Outcome.hadToStop
        }
        var settings = topology.engineSettings
        settings.brokerTimeout = min(settings.brokerTimeout, .seconds(wait))
        do {
            var forgetting = try Forgetting(
                profile: profile,
                application: Application(
                    plan: topology.plan, settings: settings,
                    cluster: topology.cluster(log: logOptions.logger()),
                    storage: topology.storage(in: topology.file.processing.stateDirectory),
                    wallClock: LoadedTopology.wallClock))
            defer { forgetting.close() }
            let missing = try forgetting.wait(atMost: .seconds(wait)) { receipt in
                let erased = receipt.erased.sorted { $0.key < $1.key }
                    .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                Terminal.print("task \(receipt.task): " + (erased.isEmpty ? "nothing" : erased))
            }
            guard !missing.isEmpty else { return }
            Terminal.printError(
                "millrace: no answer from \(missing.sorted().joined(separator: ", ")); "
                    + "they obey when they run")
            throw Outcome.hadToStop
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Outcome.stop(error)
        }
    }
}
