internal import ArgumentParser
internal import StreamCore

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks topology files in full, without a broker.",
        discussion: "Finds every error at once, each with file, line, column and remedy.")

    @Argument(help: "Topology files.", completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    func run() throws {
        var wrong = Diagnostics()
        for path in files {
            do {
                let topology = try LoadedTopology(path: path)
                Terminal.print("\(path): ok: \(Self.summary(of: topology.plan))")
            } catch {
                wrong.append(contentsOf: error)
            }
        }
        guard wrong.isEmpty else { throw Outcome.refuse(wrong) }
    }

    private static func summary(of plan: TopologyPlan) -> String {
        let topology = plan.topology
        let parts = [
            count(topology.sources.count, "source"), count(topology.operators.count, "operator"),
            count(topology.sinks.count, "sink"),
            count(plan.subtopologies.count, "sub-topology", "sub-topologies"),
        ]
        return parts.joined(separator: ", ")
    }

    private static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) " + (number == 1 ? one : many ?? one + "s")
    }
}
