import Foundation
import Operators
import StreamCore
import Testing
import TextModels
import TopologyFiles

@Suite("The topologies that Millrace ships")
struct ShippedTopologiesTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Topologies")

    static let paths = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()
        // A build without CLD2 refuses this one.
        .filter { LanguageDetector.isAvailable || $0 != "support-languages.yaml" }
        .map { folder.appendingPathComponent($0).path }

    @Test("are there")
    func areThere() {
        #expect(!Self.paths.isEmpty)
    }

    @Test("pass their own tests", arguments: paths)
    func passTheirTests(path: String) throws {
        let loader = TopologyLoader(operators: .standard, environment: [:])
        let file = try loader.load(path)
        #expect(!file.tests.isEmpty)
        let runner = try TopologyTestRunner(file)
        for test in file.tests {
            let result = runner.run(test)
            let failures = result.failures.map(\.description).joined(separator: "\n")
            #expect(result.hasPassed, "\(test.name)\n\(failures)")
        }
    }

    @Test(
        "are valid by the JSON Schema that editors use",
        .enabled(if: SchemaJudge.isThere, SchemaJudge.need))
    func areValid() throws {
        let documents = try Self.paths.map { path in
            (path, try Loading().json(String(contentsOfFile: path, encoding: .utf8)))
        }
        #expect(try SchemaJudge.refused(documents, by: .standard) == [])
    }
}
