internal import Events
internal import JSONSchema
public import StreamCore

extension Condition {
    /// Reads a condition; `nil` when there is something wrong with it, which is then reported.
    public init?(configuration: inout Configuration) {
        var compiler = ConditionCompiler()
        compiler.compile(
            configuration.value, ifMet: Step.accepted, ifNot: Step.rejected, &configuration)
        guard configuration.diagnostics.isEmpty else { return nil }
        // The tests were added from the last one to the first.
        let last = compiler.steps.count - 1
        steps = compiler.steps.reversed().map { step in
            var step = step
            if step.ifMet >= 0 { step.ifMet = last - step.ifMet }
            if step.ifNot >= 0 { step.ifNot = last - step.ifNot }
            return step
        }
        fields = compiler.fields
        constants = compiler.constants
    }
}

/// Compiles conditions from their end to their start, so that a test knows where to go on.
private struct ConditionCompiler {
    private static let comparisons = [
        "equals", "not_equals", "in", "not_in", "less_than", "at_most", "greater_than", "at_least",
        "contains", "starts_with", "ends_with", "exists",
    ]
    private static let combinations = ["all", "any", "not"]

    var steps: [Condition.Step] = []
    var fields: [FieldPath] = []
    var constants = ConditionConstants()

    /// Compiles a condition and returns the step to start with.
    @discardableResult
    mutating func compile(
        _ value: ConfigurationValue, ifMet: Int, ifNot: Int, _ configuration: inout Configuration
    ) -> Int {
        guard let entries = value.entries, let first = entries.first else {
            configuration.report(
                "a condition is needed here, not \(value.kindName)", at: value.location,
                remedy: "write for example { field: event_type, equals: purchase }")
            return ifNot
        }
        guard let combination = entries.first(where: { Self.combinations.contains($0.key) })
        else {
            return compileField(value, entries, ifMet: ifMet, ifNot: ifNot, &configuration)
        }
        guard entries.count == 1 else {
            configuration.report(
                "'\(combination.key)' stands alone in its condition", at: first.keyLocation,
                remedy: "put the other tests under 'all'")
            return ifNot
        }
        if combination.key == "not" {
            return compile(combination.value, ifMet: ifNot, ifNot: ifMet, &configuration)
        }
        return compileList(combination, ifMet: ifMet, ifNot: ifNot, &configuration)
    }

    private mutating func compileList(
        _ entry: ConfigurationValue.Entry, ifMet: Int, ifNot: Int,
        _ configuration: inout Configuration
    ) -> Int {
        guard case .list(let conditions) = entry.value.content, !conditions.isEmpty else {
            configuration.report(
                "'\(entry.key)' needs a list of conditions", at: entry.value.location)
            return ifNot
        }
        let isAll = entry.key == "all"
        var next = isAll ? ifMet : ifNot
        for condition in conditions.reversed() {
            next = compile(
                condition, ifMet: isAll ? next : ifMet, ifNot: isAll ? ifNot : next,
                &configuration)
        }
        return next
    }

    private mutating func compileField(
        _ value: ConfigurationValue, _ entries: [ConfigurationValue.Entry], ifMet: Int,
        ifNot: Int, _ configuration: inout Configuration
    ) -> Int {
        let known = ["field"] + Self.comparisons + Self.combinations
        for entry in entries where !known.contains(entry.key) {
            configuration.report(
                "'\(entry.key)' is not known in a condition", at: entry.keyLocation,
                remedy: NearestName.remedy(for: entry.key, known: known))
        }
        guard let field = value["field"] else {
            configuration.report(
                "a condition needs a 'field', or one of 'all', 'any' and 'not'",
                at: value.location)
            return ifNot
        }
        guard let path = configuration.fieldPath(of: field, named: "field") else { return ifNot }
        let tests = entries.filter { Self.comparisons.contains($0.key) }
        if tests.isEmpty {
            configuration.report(
                "nothing is asked of the field '\(path)'", at: value.location,
                remedy: "add one of \(Self.comparisons.joined(separator: ", "))")
        }
        let fieldIndex = index(of: path)
        var next = ifMet
        for entry in tests.reversed() {
            guard let test = test(entry, &configuration) else { continue }
            steps.append(
                Condition.Step(field: fieldIndex, test: test, ifMet: next, ifNot: ifNot))
            next = steps.count - 1
        }
        return next
    }

    private mutating func index(of path: FieldPath) -> Int {
        if let known = fields.firstIndex(of: path) { return known }
        fields.append(path)
        return fields.count - 1
    }

    // MARK: Tests

    private mutating func test(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> Condition.Test? {
        switch entry.key {
        case "exists":
            guard case .boolean(let expected) = entry.value.content else {
                configuration.report(
                    "'exists' is true or false, not \(entry.value.kindName)",
                    at: entry.value.location)
                return nil
            }
            return .exists(expected)
        case "equals": return scalar(entry, &configuration).map { .equals(constants.add($0)) }
        case "not_equals":
            return scalar(entry, &configuration).map { .notEquals(constants.add($0)) }
        case "in": return list(entry, &configuration).map { .isIn(constants.add($0)) }
        case "not_in": return list(entry, &configuration).map { .isNotIn(constants.add($0)) }
        case "contains", "starts_with", "ends_with": return textTest(entry, &configuration)
        default: return orderTest(entry, &configuration)
        }
    }

    private mutating func textTest(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> Condition.Test? {
        guard case .string(let text) = entry.value.content else {
            configuration.report(
                "'\(entry.key)' is a string, not \(entry.value.kindName)",
                at: entry.value.location, remedy: "put it in quotes")
            return nil
        }
        let constant = constants.add(.string(Array(text.utf8)))
        switch entry.key {
        case "contains": return .contains(constant)
        case "starts_with": return .startsWith(constant)
        default: return .endsWith(constant)
        }
    }

    private mutating func orderTest(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> Condition.Test? {
        guard let value = scalar(entry, &configuration) else { return nil }
        switch value {
        case .null, .boolean:
            configuration.report(
                "'\(entry.key)' is a number or a string, not \(entry.value.kindName)",
                at: entry.value.location)
            return nil
        case .number, .string: break
        }
        let constant = constants.add(value)
        switch entry.key {
        case "less_than": return .lessThan(constant)
        case "at_most": return .atMost(constant)
        case "greater_than": return .greaterThan(constant)
        default: return .atLeast(constant)
        }
    }

    private func list(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> [ConditionConstants.Value]? {
        guard case .list(let values) = entry.value.content, !values.isEmpty else {
            configuration.report(
                "'\(entry.key)' needs a list of values", at: entry.value.location)
            return nil
        }
        return values.compactMap { scalar($0, named: entry.key, &configuration) }
    }

    private func scalar(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> ConditionConstants.Value? {
        scalar(entry.value, named: entry.key, &configuration)
    }

    private func scalar(
        _ value: ConfigurationValue, named key: String, _ configuration: inout Configuration
    ) -> ConditionConstants.Value? {
        switch value.content {
        case .null: return .null
        case .boolean(let boolean): return .boolean(boolean)
        case .string(let string): return .string(Array(string.utf8))
        case .integer(let integer): return .number(Array(String(integer).utf8))
        case .number(let number):
            return self.number(value.text.isEmpty ? "\(number)" : value.text, value, &configuration)
        case .list, .map:
            configuration.report(
                "'\(key)' compares with a string, a number, a boolean or null, not \(value.kindName)",
                at: value.location)
            return nil
        }
    }

    /// A number keeps the digits that the file gives it.
    private func number(
        _ text: String, _ value: ConfigurationValue, _ configuration: inout Configuration
    ) -> ConditionConstants.Value? {
        let bytes = Array(text.utf8)
        guard unsafe bytes.withUnsafeBytes({ unsafe DecimalText($0) != nil }) else {
            configuration.report(
                "'\(text)' is not a number as JSON writes numbers", at: value.location,
                remedy: "write it like 0.5, 1200 or 1.5e6")
            return nil
        }
        return .number(bytes)
    }
}
