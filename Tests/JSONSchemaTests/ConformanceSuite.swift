import Events
import Foundation
import JSONSchema
import Testing

/// Runs the files of the official suite, with its remote schemas in a registry.
struct ConformanceSuite {
    struct Result {
        var total = 0
        /// `file: group: test`, for those that come out otherwise than the suite says.
        var failures: Set<String> = []
        var reasons: [String: String] = [:]
        var passed: Int { total - failures.count }

        mutating func fail(_ name: String, _ reason: String) {
            failures.insert(name)
            reasons[name] = reason
        }
    }

    private let tests: String
    private let registry: SchemaRegistry

    /// The suite in a folder.
    init(root: String) throws {
        tests = root + "/tests/draft2020-12/"
        var registry = SchemaRegistry()
        let remotes = root + "/remotes"
        let files = try #require(FileManager.default.enumerator(atPath: remotes))
        for case let file as String in files where file.hasSuffix(".json") {
            let text = try #require(FileManager.default.contents(atPath: "\(remotes)/\(file)"))
            // Those of other drafts are at home elsewhere.
            let isOfAnotherDraft = file.hasPrefix("draft") && !file.hasPrefix("draft2020-12/")
            if isOfAnotherDraft || file.hasPrefix("v1/") { continue }
            try registry.add(Array(text), at: "http://localhost:1234/\(file)")
        }
        self.registry = registry
    }

    func run(_ part: ConformanceTests.Part) throws -> Result {
        var result = Result()
        let files = try FileManager.default.contentsOfDirectory(atPath: tests + part.folder)
        for file in files.filter({ $0.hasSuffix(".json") }).sorted() {
            let name = part.folder + file
            let text = try #require(FileManager.default.contents(atPath: tests + name))
            for group in JSONText(text).elements {
                try run(group, of: name, formats: part.formats, &result)
            }
        }
        return result
    }

    private func run(
        _ group: JSONText, of file: String, formats: SchemaOptions.Formats, _ result: inout Result
    ) throws {
        let name = "\(file): \(try #require(group["description"]).string)"
        let tests = try #require(group["tests"]).elements
        result.total += tests.count
        let validator: SchemaValidator
        do {
            validator = try Schema(
                try #require(group["schema"]).bytes, registry: registry,
                options: SchemaOptions(formats: formats, unknownKeywords: .ignore)
            ).makeValidator()
        } catch let problems as SchemaProblems {
            for test in tests {
                let test = try #require(test["description"]).string
                result.fail("\(name): \(test)", "the schema is refused: \(problems)")
            }
            return
        }
        for test in tests { try run(test, validator, name, &result) }
    }

    private func run(
        _ test: JSONText, _ validator: SchemaValidator, _ group: String, _ result: inout Result
    ) throws {
        let name = "\(group): \(try #require(test["description"]).string)"
        guard let data = JSONDocument(try #require(test["data"]).bytes) else {
            result.fail(name, "the value is not JSON that an event may hold")
            return
        }
        let isValid = validator.isValid(data.root, in: data.arena)
        let violations = validator.violations(of: data.root, in: data.arena, limit: 100)
        if isValid != (try #require(test["valid"])).isTrue {
            result.fail(name, "it is \(isValid ? "valid" : "not valid") here: \(violations)")
        } else if isValid != violations.isEmpty {
            result.fail(name, "\(violations) do not say \(isValid)")
        }
    }
}
