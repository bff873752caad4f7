import Foundation
import Testing

/// The official test suite, in the folder that `MILLRACE_CONFORMANCE_DATA` names.
@Suite("CEL conformance tests")
struct ConformanceTests {
    private static let path = ProcessInfo.processInfo.environment["MILLRACE_CONFORMANCE_DATA"]
        .map { $0 + "/cel/cel_simple.jsonl" }

    /// What can't be, by name; `Docs/expressions.md` says why.
    static let skipped: Set<String> = [
        "parse/bytes_literals/triple_single_quoted_unescaped_punctuation",
        "parse/bytes_literals/triple_double_quoted_unescaped_punctuation",
    ]

    /// Extensions that we don't have: common subexpressions that an optimiser writes, and
    /// addresses of networks.
    private static let absent: Set<String> = ["block_ext", "network_ext"]

    /// The tests of extensions that passed when this was written; there shall not be fewer.
    private static let extensionsPassed = 550

    @Test(
        "every test of the core passes, but for those on the skip list",
        .enabled(if: path != nil, "set MILLRACE_CONFORMANCE_DATA to run the official suite"))
    func core() throws {
        let rows = try Self.rows().filter(\.isCore)
        var differences: [String] = []
        for row in rows where !Self.skipped.contains(row.name) {
            if let difference = row.difference() {
                differences.append("\(row.name): \(row.expression) \(difference)")
            }
        }
        let passed = rows.count - differences.count - Self.skipped.count
        print("CEL conformance: \(passed) of \(rows.count) core tests passed")
        #expect(differences == [])
        #expect(rows.count == 1_094)
    }

    @Test(
        "as many tests of extensions pass as ever",
        .enabled(if: path != nil, "set MILLRACE_CONFORMANCE_DATA to run the official suite"))
    func extensions() throws {
        let rows = try Self.rows().filter {
            !$0.isCore && !$0.needsMessages && !$0.lacksDeclarations
                && !Self.absent.contains($0.file)
        }
        var passed: [String: (Int, Int)] = [:]
        for row in rows {
            let difference = row.difference()
            if let difference, ProcessInfo.processInfo.environment["CEL_VERBOSE"] != nil {
                print("  \(row.name): \(row.expression) \(difference)")
            }
            passed[row.file, default: (0, 0)].0 += difference == nil ? 1 : 0
            passed[row.file, default: (0, 0)].1 += 1
        }
        for (file, counts) in passed.sorted(by: { $0.key < $1.key }) {
            print("CEL conformance: \(file): \(counts.0) of \(counts.1) tests passed")
        }
        #expect(passed.values.reduce(0) { $0 + $1.0 } >= Self.extensionsPassed)
    }

    private static func rows() throws -> [ConformanceRow] {
        let text = try String(contentsOfFile: try #require(path), encoding: .utf8)
        return try text.split(separator: "\n").compactMap { try ConformanceRow($0) }
    }
}
