public import Operators
public import StreamCore

/// Reads topology files.
///
///     let loader = TopologyLoader(operators: .standard, environment: environment)
///     let file = try loader.load("Topologies/omnichannel.yaml")
///
/// Everything that is wrong with a file is found at once: names, kinds and ranges of settings,
/// what operators say about theirs, and the graph.
public struct TopologyLoader: Sendable {
    private let operators: OperatorRegistry
    private let environment: [String: String]
    private let openRegistry: SchemaRegistryOpening

    /// A loader that knows these operators and fills `${NAME}` in from `environment`.
    ///
    /// `openRegistry`: opens the schema registries that a file declares; without it there are none
    ///   to ask.
    public init(
        operators: OperatorRegistry, environment: [String: String],
        openRegistry: SchemaRegistryOpening? = nil
    ) {
        self.operators = operators
        self.environment = environment
        self.openRegistry = openRegistry ?? { _ in UnopenedRegistry() }
    }

    /// Reads the file at `path`, and what it names relative to it.
    public func load(_ path: String) throws(Diagnostics) -> TopologyFile {
        let bytes: [UInt8]
        do {
            bytes = try TopologyFolder.read(path)
        } catch {
            throw Diagnostics([
                Diagnostic(
                    "cannot read the topology: \(error.reason)",
                    at: SourceLocation(file: path, line: 1, column: 1))
            ])
        }
        return try load(bytes, from: path)
    }

    /// Reads a file's content; files that it names are looked for in the folder of `path`.
    public func load(_ bytes: [UInt8], from path: String) throws(Diagnostics) -> TopologyFile {
        var reader = YAMLReader(try SourceText(bytes, path: path), environment: environment)
        let root = reader.read()
        var diagnostics = reader.diagnostics
        guard let root else { throw diagnostics.inOrder }
        var assembly = TopologyAssembly(
            operators: operators, folder: TopologyFolder(ofFileAt: path), environment: environment,
            openRegistry: openRegistry)
        let file = assembly.file(from: root, path: path, substitutions: reader.substitutions)
        for diagnostic in assembly.diagnostics.all
        where !reader.unresolved.contains(diagnostic.location) {
            diagnostics.append(diagnostic)
        }
        guard diagnostics.isEmpty else {
            throw reader.substitutions.redact(diagnostics).inOrder
        }
        return file
    }
}

extension Diagnostics {
    /// Once each, in the order of the file.
    var inOrder: Diagnostics { Diagnostics(sorted) }
}
