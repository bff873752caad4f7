internal import ArgumentParser
internal import Operators
internal import TopologyFiles

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of topology files, for editors.")

    func run() throws {
        Terminal.print(TopologyFileSchema(operators: .standard).text)
    }
}
