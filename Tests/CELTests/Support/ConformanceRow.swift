import CEL
import Events
import Foundation

/// One test of the official suite.
struct ConformanceRow {
    let name: String
    let file: String
    let expression: String
    let isCore: Bool
    let isExtension: Bool
    let needsMessages: Bool
    /// Whether it declares something, but not what, so that it can't be run.
    let lacksDeclarations: Bool
    private let isCheckOnly: Bool
    private let isStrict: Bool
    private let hasMacros: Bool
    private let container: String
    private let hasTypes: Bool
    private let bindings: [String: Any]
    private let matcher: String?
    private let expected: Any?
    private let deducedType: String?

    init?(_ line: Substring) throws {
        guard
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let file = row["file"] as? String, let section = row["section"] as? String,
            let name = row["name"] as? String, let expression = row["expr"] as? String
        else { return nil }
        self.file = file
        self.name = "\(file)/\(section)/\(name)"
        self.expression = expression
        isCore = row["core"] as? Bool ?? false
        isExtension = row["ext"] as? Bool ?? false
        needsMessages = row["needs_proto"] as? Bool ?? false
        isCheckOnly = row["check_only"] as? Bool ?? false
        isStrict = !(row["disable_check"] as? Bool ?? false)
        hasMacros = !(row["disable_macros"] as? Bool ?? false)
        container = row["container"] as? String ?? ""
        hasTypes = row["has_type_env"] as? Bool ?? false
        bindings = row["bindings"] as? [String: Any] ?? [:]
        lacksDeclarations = hasTypes && bindings.isEmpty
        matcher = row["matcher"] as? String
        expected = row["expect"]
        deducedType = row["deduced_type"].flatMap(Self.typeName)
    }

    /// What is wrong with our result; `nil` when nothing is.
    func difference() -> String? {
        if matcher == "eval_error" { return differenceFromError() }
        do {
            if let deducedType {
                let type = try Expression.compile(expression, Declarations()).resultType
                guard type.description == deducedType else {
                    return "is of type \(type), not \(deducedType)"
                }
                if isCheckOnly { return nil }
            }
            let value = try result(isStrict: isStrict)
            guard let wanted = expected.map(Self.value) ?? .boolean(true) else {
                return "is not understood: \(String(describing: expected))"
            }
            return value == wanted ? nil : "gives \(value), not \(wanted)"
        } catch {
            return "fails: \(error)"
        }
    }

    /// The error must come from the evaluation, whether or not the check finds it first.
    private func differenceFromError() -> String? {
        do {
            return "gives \(try result(isStrict: false)), not an error"
        } catch is EvaluationError {
            if isStrict, let value = try? result(isStrict: true) {
                return "gives \(value) when it is checked, not an error"
            }
            return nil
        } catch {
            return "can't be compiled, where its evaluation should fail: \(error)"
        }
    }

    private func result(isStrict: Bool) throws -> Value {
        var declarations = Declarations()
        declarations.container = container
        var values: [(Variable, Value)] = []
        for (name, content) in bindings.sorted(by: { $0.key < $1.key }) {
            let value = Self.value(content) ?? .null
            let type = hasTypes ? Self.type(of: value) : .dynamic
            values.append((declarations.declare(name, type), value))
        }
        let program = try Expression.compile(
            expression, declarations, isStrict: isStrict, hasMacros: hasMacros)
        let evaluation = Evaluation(declarations)
        for (variable, value) in values { evaluation.bind(variable, to: value) }
        return try evaluation.value(of: program)
    }

    private static func type(of value: Value) -> ValueType {
        switch value {
        case .boolean: .boolean
        case .integer: .integer
        case .unsignedInteger: .unsignedInteger
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list: .list(.dynamic)
        case .map: .map(.dynamic, .dynamic)
        case .timestamp: .timestamp
        case .duration: .duration
        default: .dynamic
        }
    }

    /// Our name of the type that the suite writes as an object.
    private static func typeName(_ json: Any) -> String? {
        guard let object = json as? [String: Any], let (kind, content) = object.first else {
            return nil
        }
        let parts = content as? [String: Any] ?? [:]
        let name = { (key: String) in parts[key].flatMap(typeName) ?? "?" }
        switch kind {
        case "null": return "null"
        case "dyn": return "dyn"
        case "primitive":
            let names = [
                "BOOL": "bool", "INT64": "int", "UINT64": "uint", "DOUBLE": "double",
                "STRING": "string", "BYTES": "bytes",
            ]
            return (content as? String).flatMap { names[$0] }
        case "listType": return "list(\(name("elemType")))"
        case "mapType": return "map(\(name("keyType")), \(name("valueType")))"
        case "abstractType":
            let parameters = (parts["parameterTypes"] as? [Any] ?? []).compactMap(typeName)
            return "optional(\(parameters.joined(separator: ", ")))"
        default: return nil
        }
    }

    /// The value that the suite writes as an object with one member, its type.
    private static func value(_ json: Any) -> Value? {
        guard let object = json as? [String: Any], let (type, content) = object.first else {
            return nil
        }
        switch type {
        case "null": return .null
        case "bool": return (content as? Bool).map(Value.boolean)
        case "list": return (content as? [Any]).map { .list($0.compactMap(value)) }
        case "map":
            return (content as? [[Any]]).map { pairs in
                .map(
                    pairs.map {
                        .init(key: value($0[0]) ?? .null, value: value($0[1]) ?? .null)
                    })
            }
        default: break
        }
        guard let text = content as? String else { return nil }
        switch type {
        case "int64": return Int64(text).map(Value.integer)
        case "uint64": return UInt64(text).map(Value.unsignedInteger)
        case "double": return Double(text).map(Value.double)
        case "string": return .string(text)
        case "bytes": return .bytes(bytes(text))
        case "type": return .type(text)
        case "duration", "timestamp": return converted(text, to: type)
        default: return nil
        }
    }

    private static func converted(_ text: String, to type: String) -> Value? {
        let declarations = Declarations()
        guard let program = try? Expression.compile("\(type)('\(text)')", declarations) else {
            return nil
        }
        return try? Evaluation(declarations).value(of: program)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}
