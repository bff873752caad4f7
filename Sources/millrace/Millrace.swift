internal import ArgumentParser

/// The command line of Millrace.
@main
struct Millrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Runs event-stream topologies beside a Kafka cluster.",
        discussion: """
            Exit codes: 0 done; 1 had to stop, the last line says why; 2 the topology, or \
            the expression, is wrong; 3 a test of a topology failed; 64 wrong arguments; 130 and \
            143 a second SIGINT or SIGTERM ended it at once.
            """,
        version: "millrace \(Version.text) (\(Allocator.name))",
        subcommands: [
            RunCommand.self, CheckCommand.self, PlanCommand.self, TestCommand.self,
            GraphCommand.self, EvalCommand.self, DemoCommand.self, GenerateCommand.self,
            ForgetCommand.self, LinkCommand.self, SchemaCommand.self,
        ])

    static func main() {
        main(nil)
        Terminal.endIfOutputWasLost()
    }
}

enum Version {
    static let text = "0.1.0"
}
