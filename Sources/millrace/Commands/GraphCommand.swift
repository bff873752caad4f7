internal import ArgumentParser
internal import StreamCore

struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draws a topology: as text, for Mermaid or for Graphviz.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, mermaid, dot
    }

    @Argument(help: "A topology file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: "text, mermaid or dot.")
    var format: Format = .text

    func run() throws {
        let plan: TopologyPlan
        do {
            plan = try LoadedTopology(path: file).plan
        } catch {
            throw Outcome.refuse(error)
        }
        let drawing = TopologyDrawing(plan)
        switch format {
        case .text: Terminal.print(drawing.text)
        case .mermaid: Terminal.print(drawing.mermaid)
        case .dot: Terminal.print(drawing.dot)
        }
    }
}
