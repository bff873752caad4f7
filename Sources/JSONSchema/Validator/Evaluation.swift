internal import Events

/// Evaluates a program over the values of one arena, without building or copying any.
///
/// Each method returns whether the evaluation goes on; it ends when the sink wants no more.
/// The depth of the recursion is bounded by the depth of the instance, which parsing limits, and
/// by the references, of which none leads back to itself in place.
struct Evaluation<Sink: ViolationSink> {
    let program: SchemaProgram
    let arena: EventArena
    let matcher: PatternMatcher
    var sink: Sink

    mutating func evaluate(_ value: FieldValue, _ index: Int) -> Bool {
        let rule = program.rules[index]
        guard hasType(value, in: rule.types) else {
            let keyword: Finding.Keyword = rule.types.isEmpty ? .falseSchema : .type
            return sink.report(Finding(keyword: keyword, value: value, rule: index))
        }
        if rule.applies.isEmpty { return true }
        if rule.applies.contains(.anything), !evaluateAnything(value, rule, index) { return false }
        switch value.kind {
        case .string where rule.applies.contains(.strings):
            return evaluateString(value, rule, index)
        case _ where value.isNumber && rule.applies.contains(.numbers):
            return evaluateNumber(value, rule, index)
        case .array where rule.applies.contains(.arrays):
            return evaluateArray(value, rule, index)
        case .object where rule.applies.contains(.objects):
            return evaluateObject(value, rule, index)
        default: return true
        }
    }

    private func hasType(_ value: FieldValue, in types: TypeSet) -> Bool {
        if types.isSuperset(of: TypeSet(value.kind)) { return true }
        return value.kind == .decimal && types.contains(.integer) && isWhole(value)
    }

    private func isWhole(_ value: FieldValue) -> Bool {
        unsafe DecimalText(arena.bytes(value.raw))?.isInteger ?? false
    }

    private mutating func evaluateAnything(
        _ value: FieldValue, _ rule: Rule, _ index: Int
    ) -> Bool {
        if rule.reference >= 0, !evaluate(value, Int(rule.reference)) { return false }
        if rule.enumeration >= 0, !contains(Int(rule.enumeration), value) {
            let finding = Finding(keyword: .enumeration, value: value, rule: index)
            guard sink.report(finding) else { return false }
        }
        if rule.constant >= 0, !contains(Int(rule.constant), value) {
            return sink.report(Finding(keyword: .constant, value: value, rule: index))
        }
        return true
    }

    // MARK: Strings

    private mutating func evaluateString(
        _ value: FieldValue, _ rule: Rule, _ index: Int
    ) -> Bool {
        let text = unsafe arena.bytes(value.text)
        if unsafe !isWithin(text, rule.minimumLength, rule.maximumLength) {
            let length = unsafe Bytes.codePoints(text)
            let keyword: Finding.Keyword =
                length < rule.minimumLength ? .minimumLength : .maximumLength
            let finding = Finding(keyword: keyword, value: value, rule: index, detail: length)
            guard sink.report(finding) else { return false }
        }
        guard rule.pattern >= 0 else { return true }
        // Text that stands in the document as it is was found to be UTF-8 by the parser.
        let isInPlace = value.text.count + 2 == value.raw.count
        let outcome = unsafe matcher.match(
            program.patterns[Int(rule.pattern)], in: text, isValid: isInPlace)
        switch outcome {
        case .match: return true
        case .noMatch:
            return sink.report(Finding(keyword: .pattern, value: value, rule: index))
        case .limitExceeded:
            return sink.report(Finding(keyword: .patternLimit, value: value, rule: index))
        }
    }

    /// Whether the text has so many characters. A character takes one to four bytes, so mostly
    /// the number of bytes tells.
    private func isWithin(
        _ text: UnsafeRawBufferPointer, _ minimum: Int, _ maximum: Int
    ) -> Bool {
        if text.count <= maximum, (text.count + 3) / 4 >= minimum { return true }
        if text.count < minimum { return false }
        let length = unsafe Bytes.codePoints(text)
        return length >= minimum && length <= maximum
    }

    // MARK: Arrays

    private mutating func evaluateArray(
        _ value: FieldValue, _ rule: Rule, _ index: Int
    ) -> Bool {
        let count = arena.childCount(of: value)
        if count < rule.minimumItems || count > rule.maximumItems {
            let keyword: Finding.Keyword =
                count < rule.minimumItems ? .minimumItems : .maximumItems
            let finding = Finding(keyword: keyword, value: value, rule: index, detail: count)
            guard sink.report(finding) else { return false }
        }
        guard rule.items >= 0 else { return true }
        var element = ChildCursor(of: value, in: arena)
        var position = 0
        while element.next() {
            let value = element.value
            sink.enter(value, index: position)
            guard evaluate(value, Int(rule.items)) else { return false }
            sink.leave()
            position += 1
        }
        return true
    }
}

extension TypeSet {
    /// The types that a schema must allow for any value of a kind to be allowed. A decimal may be
    /// whole, which its kind doesn't tell.
    init(_ kind: FieldValue.Kind) {
        self =
            switch kind {
            case .missing: TypeSet(rawValue: 0x80)
            case .null: .null
            case .boolean: .boolean
            case .integer, .unsignedInteger: .integer
            case .decimal: .number
            case .string: .string
            case .array: .array
            case .object: .object
            }
    }
}
