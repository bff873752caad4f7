import Events
import Foundation
import JSONSchema
import Testing

/// The official test suite, in the folder that `MILLRACE_CONFORMANCE_DATA` names.
///
/// What is not passed stands in `Docs/json-schema.md`, with the reason, and nothing else may fail.
@Suite("JSON Schema Test Suite")
struct ConformanceTests {
    private static let root = ProcessInfo.processInfo.environment["MILLRACE_CONFORMANCE_DATA"]
        .map { $0 + "/json-schema-test-suite" }

    /// A part of the suite, and how many tests it has.
    struct Part: Sendable, CustomTestStringConvertible {
        let name: String
        let folder: String
        let count: Int
        var formats = SchemaOptions.Formats.annotate

        var testDescription: String { name }
    }

    static let parts = [
        Part(name: "required", folder: "", count: 1_299),
        Part(name: "optional", folder: "optional/", count: 162),
        Part(name: "format", folder: "optional/format/", count: 764, formats: .assert),
    ]

    @Test(
        "the suite's tests pass, but for those that the documentation names",
        .enabled(if: root != nil, "set MILLRACE_CONFORMANCE_DATA to run the official suite"),
        arguments: parts)
    func suite(part: Part) throws {
        let suite = try ConformanceSuite(root: try #require(Self.root))
        let result = try suite.run(part)
        let skipped = try SkipList.read().filter { $0.hasPrefix("\(part.folder)") }
            .filter { part.folder == "optional/format/" || !$0.hasPrefix("optional/format/") }
            .filter { part.folder != "" || !$0.hasPrefix("optional/") }
        print("JSON Schema Test Suite, \(part.name): \(result.passed) of \(result.total) passed")
        for failure in result.failures.subtracting(skipped).sorted() {
            Issue.record("\(failure): \(result.reasons[failure] ?? "")")
        }
        #expect(
            Set(skipped).subtracting(result.failures) == [],
            "these pass and need not be in the skip list any more")
        #expect(result.total == part.count)
    }
}

/// The tests that `Docs/json-schema.md` says are not passed: the first column of its table.
enum SkipList {
    static func read() throws -> [String] {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let page = folder.appendingPathComponent("Docs/json-schema.md")
        let text = String(decoding: try Data(contentsOf: page), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `"), let end = line.dropFirst(3).firstIndex(of: "`") else {
                return nil
            }
            let name = line.dropFirst(3)[..<end]
            return name.contains(".json: ") ? String(name) : nil
        }
    }
}
