import CEL
import Events
import Foundation
import Testing

/// `Docs/expressions.md` says nothing that isn't so.
@Suite("The page on expressions")
struct DocumentationTests {
    /// One line of an example.
    struct Example: Sendable, CustomTestStringConvertible {
        let line: Int
        let expression: String
        let result: String
        let isRefused: Bool

        var testDescription: String { "line \(line): \(expression)" }
    }

    private struct Block {
        var language: String
        var firstLine: Int
        var lines: [Substring] = []
    }

    private static let blocks: [Block] = {
        var blocks: [Block] = []
        var isInside = false
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                isInside.toggle()
                if isInside {
                    blocks.append(Block(language: String(line.dropFirst(3)), firstLine: index + 2))
                }
            } else if isInside {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        return blocks
    }()

    static let examples: [Example] = blocks.filter { $0.language.hasPrefix("cel") }.flatMap {
        block in
        block.lines.enumerated().map { index, line in
            let parts = line.split(separator: " ==> ", maxSplits: 1)
            return Example(
                line: block.firstLine + index,
                expression: parts[0].trimmingCharacters(in: .whitespaces),
                result: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "",
                isRefused: block.language == "cel refused")
        }
    }

    /// The first two blocks of JSON are the schema and the event.
    private static let json = blocks.filter { $0.language == "json" }
        .map { $0.lines.joined(separator: "\n") }

    @Test("every example gives what the page says", arguments: examples)
    func example(_ example: Example) throws {
        let schema = try #require(Self.json.first)
        let type = try #require(ValueType(jsonSchema: Array(schema.utf8), name: "event"))
        let rig = EventRig(try #require(Self.json.last), type: type)
        if example.isRefused {
            #expect(rig.problems(example.expression) == [example.result])
        } else if example.result == "error" {
            #expect(try rig.failure(example.expression) != nil)
        } else {
            #expect(try rig.value(example.expression) == rig.value(example.result))
        }
    }

    @Test("the page has examples, and every function is on it")
    func completeness() {
        #expect(Self.examples.count > 100)
        #expect(Self.json.count == 2)
        for name in Expression.functionNames {
            #expect(Self.page.contains("\(name)("), "'\(name)' is not on the page")
        }
    }

    @Test("the skip list of the page is that of the conformance tests")
    func skipList() {
        for name in ConformanceTests.skipped {
            #expect(Self.page.contains("| `\(name)` |"), "'\(name)' is not on the page")
        }
    }

    private static let page: String = {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Docs/expressions.md")
        return (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    }()
}
