internal import ArgumentParser
internal import Operators
internal import TopologyFiles

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of topology files, for editors.")

    @Flag(help: "Print the reference page of all operators instead, as Markdown.")
    var reference = false

    func run() throws {
        if reference {
            // The text ends its last line itself.
            Terminal.print(String(OperatorReference(operators: .standard).text.dropLast()))
        } else {
            Terminal.print(TopologyFileSchema(operators: .standard).text)
        }
    }
}
