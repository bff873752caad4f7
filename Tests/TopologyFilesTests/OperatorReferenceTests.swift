import Events
import Foundation
import Operators
import StreamCore
import Testing
import TextModels
import TopologyFiles
import TrainedModels

@Suite("The reference page of the operators")
struct OperatorReferenceTests {
    private static let page = ShippedTopologiesTests.folder.deletingLastPathComponent()
        .appending(path: "Docs/operators.md")

    @Test("is what the specs say; 'millrace schema --reference > Docs/operators.md' makes it so")
    func isCurrent() throws {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(page == OperatorReference(operators: .standard).text)
    }

    /// A whole topology around an example, that reads all outputs and all named inputs.
    private static func topology(around spec: OperatorSpec) -> String {
        let example = spec.example.split(separator: "\n").map { "    \($0)" }
            .joined(separator: "\n")
        let inputs = spec.namedInputs.map(\.name)
        let outputs = ["tested"] + spec.sideOutputs.map { "tested.\($0.name)" }
        let isDecoder = spec.name == "parse"
        return """
            application: example
            sources:
              raw: { topics: [in] }
            \(inputs.map { "  \($0)-raw: { topics: [\($0)], broadcast: in_order }" }
                .joined(separator: "\n"))
            operators:
            \(isDecoder ? "" : "  parsed: { from: raw, parse: { format: json }, on_error: drop }")
            \(inputs.map {
                "  \($0)-parsed: { from: \($0)-raw, parse: { format: json }, on_error: drop }"
            }.joined(separator: "\n"))
              tested:
                from: \(isDecoder ? "raw" : "parsed")
            \(inputs.isEmpty ? "" : "    with: { \(inputs.map { "\($0): \($0)-parsed" }.joined(separator: ", ")) }")
            \(example)
            sinks:
              out: { from: [\(outputs.joined(separator: ", "))] }
            """
    }

    /// The operators that this build has the libraries for.
    private static let names = OperatorRegistry.standard.names.filter { name in
        switch name {
        case "language": LanguageDetector.isAvailable
        case "classify": TrainedModel.isTrainable
        default: true
        }
    }

    /// Where the files lie that an example names. The repository holds no model of fastText: it is
    /// trained for the example.
    private static func folder(for name: String) -> URL {
        name == "classify"
            ? URL(filePath: TrainedModel.folder(holding: "models/intents.bin"))
            : ShippedTopologiesTests.folder
    }

    @Test("has examples that load, and that take a record", arguments: names)
    func examples(name: String) throws {
        let spec = try #require(OperatorRegistry.standard[name])
        let environment = ["MILLRACE_PROTECTION_KEY": "a secret of more than sixteen bytes"]
        let text = Self.topology(around: spec)
        let file = try TopologyLoader(operators: .standard, environment: environment).load(
            Array(text.utf8), from: Self.folder(for: name).appending(path: "x.yaml").path)
        let plan = try TopologyPlan(file.topology)
        let driver = try TopologyDriver(plan: plan)
        let value = """
            {"event_id":"00000000-0000-4000-8000-000000000001","event_type":"purchase",\
            "occurred_at":"2024-03-04T10:00:00Z","channel":"web","device_id":"d-1","user_id":"u-1",\
            "email":"ann@example.com","message":"I love it","order":{"id":"O-1","total":20.5,\
            "currency":"EUR"}}
            """
        let noon = Timestamp(milliseconds: 1_709_546_400_000)
        try driver.pipe(topic: "in", key: "u-1", value: value, timestamp: noon)
        try driver.finish()
        let received = driver.metrics.first { $0.name == "tested" }?.received
        // The example of parse reads CSV, and a line alone is its header.
        #expect((received ?? 0) > 0 || name == "parse")
    }
}
