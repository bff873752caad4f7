import Events
import Foundation
import JSONSchema
import Testing

/// The official test suite, in the folder that `MILLRACE_CONFORMANCE_DATA` names.
@Suite("JSON Schema Test Suite")
struct ConformanceTests {
    private static let root = ProcessInfo.processInfo.environment["MILLRACE_CONFORMANCE_DATA"]
        .map { $0 + "/json-schema-test-suite/tests/draft2020-12" }

    /// What the suite asks of optional parts that the subset has.
    private static let optional = [
        "optional/bignum.json", "optional/ecmascript-regex.json", "optional/float-overflow.json",
        "optional/non-bmp-regex.json", "optional/no-schema.json", "optional/unknownKeyword.json",
    ]

    private struct Tally {
        var tests = 0
        var groups = 0
        var refused: [String: Int] = [:]
        /// Tests of instances that parsing refuses before any schema sees them.
        var unreadable: [String] = []
        var differences: [String] = []
    }

    @Test(
        "every group whose schema is taken gives the suite's results",
        .enabled(if: root != nil, "set MILLRACE_CONFORMANCE_DATA to run the official suite"))
    func suite() throws {
        let root = try #require(Self.root)
        let files = try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { $0.hasSuffix(".json") }.sorted()
        var tally = Tally()
        for file in files + Self.optional {
            guard let text = FileManager.default.contents(atPath: "\(root)/\(file)") else {
                continue
            }
            for group in JSONText(text).elements { try run(group, of: file, &tally) }
        }
        print("JSON Schema Test Suite: \(tally.tests) tests in \(tally.groups) groups ran")
        for (keyword, count) in tally.refused.sorted(by: { $0.key < $1.key }) {
            print("  refused for \(keyword): \(count) groups")
        }
        for name in tally.unreadable { print("  not JSON that an event may hold: \(name)") }
        #expect(tally.differences == [])
        #expect(tally.tests > 500)
    }

    private func run(_ group: JSONText, of file: String, _ tally: inout Tally) throws {
        let name = try #require(group["description"]).string
        let schema: Schema
        do {
            schema = try Schema(try #require(group["schema"]).bytes)
        } catch let problems as SchemaProblems {
            let keywords = Set(problems.all.map { $0.unsupportedKeyword ?? $0.description })
            tally.refused[keywords.sorted().joined(separator: ", "), default: 0] += 1
            return
        }
        tally.groups += 1
        let validator = schema.makeValidator()
        for test in try #require(group["tests"]).elements {
            try run(test, validator, "\(file): \(name)", &tally)
        }
    }

    private func run(
        _ test: JSONText, _ validator: SchemaValidator, _ group: String, _ tally: inout Tally
    ) throws {
        let name = try #require(test["description"]).string
        guard let data = JSONDocument(try #require(test["data"]).bytes) else {
            tally.unreadable.append("\(group): \(name)")
            return
        }
        let isValid = validator.isValid(data.root, in: data.arena)
        let violations = validator.violations(of: data.root, in: data.arena, limit: 100)
        tally.tests += 1
        if isValid != (try #require(test["valid"])).isTrue {
            tally.differences.append("\(group): \(name)")
        }
        if isValid != violations.isEmpty {
            tally.differences.append("\(group): \(name): \(violations) do not say \(isValid)")
        }
    }
}
