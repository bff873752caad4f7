import Foundation
import JSONSchema
import Testing

/// The same schemas and values through Python's `jsonschema`, with exact decimals in place of its
/// floating-point numbers.
@Suite("Validating, against Python's jsonschema")
struct PythonDifferentialTests {
    private static let python: URL? = {
        guard let python = program(named: "python3") else { return nil }
        let output = try? run(
            python, ["-c", "import jsonschema; print('there')"], input: Data())
        return output == Data("there\n".utf8) ? python : nil
    }()

    private static let script = """
        import json, sys
        from decimal import Decimal
        from jsonschema import Draft202012Validator, validators

        def is_integer(checker, value):
            if isinstance(value, bool): return False
            return isinstance(value, int) or isinstance(value, Decimal) and value == value.to_integral_value()

        checker = Draft202012Validator.TYPE_CHECKER.redefine('integer', is_integer)
        Validator = validators.extend(Draft202012Validator, type_checker=checker)
        for group in json.load(sys.stdin, parse_float=Decimal):
            validator = Validator(group['schema'])
            print(''.join(str(int(validator.is_valid(value))) for value in group['values']))
        """

    @Test(
        "random values are valid by random schemas exactly when Python says so",
        .enabled(if: python != nil, "python3 with jsonschema is not installed"))
    func agrees() throws {
        var random = RandomSchema(seed: 11)
        let groups = (0..<1_500).map { _ in
            (schema: random.document(), values: (0..<20).map { _ in random.value() })
        }
        let texts = groups.map {
            "{\"schema\":\($0.schema),\"values\":[\($0.values.joined(separator: ","))]}"
        }
        let input = Data("[\(texts.joined(separator: ","))]".utf8)
        let output = try run(try #require(Self.python), ["-c", Self.script], input: input)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        try #require(lines.count == groups.count)
        var valid = 0
        for (group, line) in zip(groups, lines) {
            let validator = try Schema(Array(group.schema.utf8)).makeValidator()
            for (value, expected) in zip(group.values, line) {
                let document = try #require(JSONDocument(value))
                let isValid = validator.isValid(document.root, in: document.arena)
                let found = validator.violations(
                    of: document.root, in: document.arena, limit: 1000)
                valid += isValid ? 1 : 0
                #expect(isValid == (expected == "1"), "\(value) by \(group.schema)")
                #expect(isValid == found.isEmpty, "\(value) by \(group.schema): \(found)")
            }
        }
        print("Python's jsonschema agreed on 30,000 values, \(valid) of them valid")
        #expect((5_000...25_000).contains(valid))
    }
}
