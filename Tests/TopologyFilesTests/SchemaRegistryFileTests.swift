import Foundation
import Operators
import StreamCore
import Synchronization
import Testing
import TopologyFiles

@Suite("Schema registries and formats in a topology file")
struct SchemaRegistryFileTests {
    /// One registry with one schema, by the id 258.
    private struct Registry: SchemaSource {
        let text: String

        func schema(id: Int32) throws(SchemaSourceError) -> RegisteredSchema? {
            id == 258 ? RegisteredSchema(kind: .avro, text: Array(text.utf8)) : nil
        }

        func identifier(
            of schema: RegisteredSchema, subject: String, registers: Bool
        ) throws(SchemaSourceError) -> Int32 { 258 }
    }

    private static let schema =
        #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#

    private static let topology = """
        application: shop
        schema_registries:
          main:
            url: http://registry:8081
            folder: registry
            cache: .cache
            user: ann
            password: ${SECRET}
            timeout: 2s
            retries: 7
        sources:
          raw: { topic: raw }
        operators:
          parsed: { parse: { format: avro }, from: raw }
        sinks:
          out: { from: parsed, format: avro, schema: r.avsc, dead_letter: dead }
          dead: { from: parsed.failed }
        tests:
          - name: a value goes through
            given:
              - { topic: raw, value_base64: AAAAAQIG }
              - { topic: raw, value_base64: AAAAAQM= }
            then:
              out: [{ value_base64: AAAAAQIG }]
              dead: [{ value_base64: AAAAAQM=, headers: { millrace.error: unknown_schema } }]
        """

    /// Loads in a folder that has what is named; returns what was opened, too.
    private func load(_ text: String) throws -> (file: TopologyFile, opened: [SchemaRegistryFile]) {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "millrace-formats-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "registry"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.schema.write(
            to: folder.appending(path: "r.avsc"), atomically: true, encoding: .utf8)
        let opened = Mutex<[SchemaRegistryFile]>([])
        let loader = TopologyLoader(operators: .standard, environment: ["SECRET": "s3"]) { file in
            opened.withLock { $0.append(file) }
            return Registry(text: Self.schema)
        }
        let file = try loader.load(
            Array(text.utf8), from: folder.appending(path: "shop.yaml").path)
        return (file, opened.withLock { $0 })
    }

    @Test("are read, opened once, and used by parse and by sinks; tests give and expect bytes")
    func works() throws {
        let (file, opened) = try load(Self.topology)
        try #require(opened.count == 1)
        #expect(opened[0].name == "main" && opened[0].url == "http://registry:8081")
        #expect(opened[0].folder?.hasSuffix("/registry") == true && opened[0].cache == ".cache")
        #expect(opened[0].user == "ann" && opened[0].password == "s3")
        #expect(opened[0].timeout == .seconds(2) && opened[0].retries == 7)
        let result = try TopologyTestRunner(file).run(file.tests[0])
        #expect(result.failures.map(\.message).isEmpty, "\(result.failures)")
        #expect(result.failures.isEmpty)
    }

    @Test("that are wrong are told with their place")
    func problems() {
        func told(_ old: String, _ new: String) -> String {
            do {
                _ = try load(Self.topology.replacing(old, with: new))
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(told("http://registry:8081", "registry:8081").contains("'url' is no address"))
        #expect(told("    user: ann\n", "").contains("'password' goes with 'user'"))
        #expect(told("retries: 7", "retires: 7").contains("did you mean 'retries'?"))
        #expect(told("dead_letter: dead", "dead_letter: daed").contains("no sink has the topic"))
        #expect(
            told("dead_letter: dead", "on_error: dead_letter").contains("needs 'dead_letter'"))
        #expect(
            told("format: avro }", "format: avro, registry: mian }").contains(
                "there is no schema registry 'mian'; did you mean 'main'?"))
        #expect(told("AAAAAQM=, headers", "A*==, headers").contains("is no base64"))
    }
}
