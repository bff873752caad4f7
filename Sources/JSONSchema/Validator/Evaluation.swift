internal import Events

/// Evaluates a program over the values of one document, without building or copying any.
///
/// Each method returns whether the evaluation goes on; it ends when the sink wants no more. While
/// the sink is muted, because what fails decides but is no violation by itself, this is the same
/// as whether the value is valid.
///
/// ``EvaluationRoom`` counts the depth and the steps, so that no schema and no value can exhaust
/// the stack or take for ever.
@safe
struct Evaluation<Sink: ViolationSink> {
    let program: UnsafePointer<ProgramTables>
    var reader: DocumentReader
    /// The validator that made this keeps it alive, and the program, too.
    unowned(unsafe) let room: EvaluationRoom
    var sink: Sink
    /// What is left of ``EvaluationRoom``'s limits.
    var steps: Int
    var depth = 0

    init(
        _ program: SchemaProgram, _ reader: DocumentReader, node: Int32, room: EvaluationRoom,
        sink: Sink
    ) {
        unsafe self.program = unsafe program.tables
        self.reader = reader
        unsafe self.room = room
        self.sink = sink
        steps = EvaluationRoom.steps(forNodes: reader.nodeCount(of: node))
        room.begin(byteCount: unsafe reader.rawBytes(of: node).count)
    }

    /// The tables in place: copying them would cost more than a small value.
    var tables: ProgramTables {
        @inline(__always) _read { yield unsafe program.pointee }
    }

    /// Whether a limit was met: then the value counts as not valid, whatever the schema says.
    var isExhausted: Bool { steps <= 0 }

    mutating func evaluate(
        _ node: Int32, _ index: Int32, _ frame: EvaluatedFrame = .none
    ) -> Bool {
        let rule = unsafe tables.rules.pointer(Int(index))
        let kind = reader.kindCode(of: node)
        if unsafe rule.pointee.types.rawValue & (1 << UInt16(kind)) == 0 {
            guard unsafe isWhole(node, kind, rule.pointee.types) else {
                let keyword: Finding.Keyword =
                    unsafe rule.pointee.types.isEmpty ? .falseSchema : .type
                return sink.report(Finding(keyword: keyword, node: node, rule: index), reader)
            }
        }
        if unsafe rule.pointee.applies.isEmpty { return true }
        steps &-= 1
        depth &+= 1
        guard steps > 0, depth < EvaluationRoom.deepest else { return stop(node, index) }
        defer { depth &-= 1 }
        if unsafe !rule.pointee.applies.isDisjoint(with: [.unevaluated, .scope]) {
            return unsafe evaluateInScope(node, rule, index, frame)
        }
        return unsafe evaluateKeywords(node, rule, index, frame)
    }

    /// Ends the evaluation at a limit.
    @inline(never)
    mutating func stop(_ node: Int32, _ index: Int32) -> Bool {
        abort(Finding(keyword: steps > 0 ? .tooDeep : .tooManySteps, node: node, rule: index))
    }

    /// Ends the evaluation; only the first one to do so is told.
    mutating func abort(_ finding: Finding) -> Bool {
        if steps > Self.ended { sink.abort(finding, reader) }
        // So low that what is counted while the recursion is left never comes near the limits.
        steps = Self.ended
        return false
    }

    private static var ended: Int { Int.min / 2 }

    @inline(__always)
    mutating func evaluateKeywords(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let applies = unsafe rule.pointee.applies
        if applies.contains(.anything), unsafe !evaluateAnything(node, rule, index, frame) {
            return false
        }
        switch reader.kindCode(of: node) {
        case FieldValue.Kind.string.rawValue:
            return unsafe !applies.contains(.strings) || evaluateString(node, rule, index)
        case FieldValue.Kind.integer.rawValue...FieldValue.Kind.decimal.rawValue:
            return unsafe !applies.contains(.numbers) || evaluateNumber(node, rule, index)
        case FieldValue.Kind.array.rawValue:
            return unsafe !applies.contains(.arrays) || evaluateArray(node, rule, index, frame)
        case FieldValue.Kind.object.rawValue:
            return unsafe !applies.contains(.objects) || evaluateObject(node, rule, index, frame)
        default: return true
        }
    }

    /// Whether the value is a number with a point or an exponent that is whole all the same, and
    /// whole numbers are allowed.
    @inline(never)
    private func isWhole(_ node: Int32, _ kind: UInt8, _ types: TypeSet) -> Bool {
        guard kind == FieldValue.Kind.decimal.rawValue, types.contains(.integer) else {
            return false
        }
        return unsafe DecimalText(reader.rawBytes(of: node))?.isInteger ?? false
    }

    @inline(__always)
    private mutating func evaluateAnything(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32, _ frame: EvaluatedFrame
    ) -> Bool {
        let (reference, enumeration) = unsafe (rule.pointee.reference, rule.pointee.enumeration)
        if reference >= 0, !evaluate(node, reference, frame) { return false }
        if enumeration >= 0, !contains(Int(enumeration), node) {
            let finding = Finding(keyword: .enumeration, node: node, rule: index)
            guard sink.report(finding, reader) else { return false }
        }
        let constant = unsafe rule.pointee.constant
        if constant >= 0, !contains(Int(constant), node) {
            let finding = Finding(keyword: .constant, node: node, rule: index)
            guard sink.report(finding, reader) else { return false }
        }
        if unsafe rule.pointee.operationCount == 0 { return true }
        return unsafe evaluateOperations(node, rule, index, frame)
    }

    // MARK: Strings

    private mutating func evaluateString(
        _ node: Int32, _ rule: UnsafePointer<Rule>, _ index: Int32
    ) -> Bool {
        let text = unsafe reader.textBytes(of: node)
        steps &-= text.count >> 8
        let (minimum, maximum) = unsafe (rule.pointee.minimumLength, rule.pointee.maximumLength)
        if unsafe !isWithin(text, minimum, maximum) {
            let length = unsafe Bytes.codePoints(text)
            let keyword: Finding.Keyword = length < minimum ? .minimumLength : .maximumLength
            let finding = Finding(keyword: keyword, node: node, rule: index, detail: length)
            guard sink.report(finding, reader) else { return false }
        }
        let pattern = unsafe rule.pointee.pattern
        if pattern >= 0, unsafe !matches(tables.patterns[pattern], text, node, index) {
            return false
        }
        let format = unsafe rule.pointee.format
        if format != .none, unsafe !format.holds(text) {
            return sink.report(Finding(keyword: .format, node: node, rule: index), reader)
        }
        return true
    }

    @inline(__always)
    private mutating func matches(
        _ pattern: CompiledPattern, _ text: UnsafeRawBufferPointer, _ node: Int32, _ index: Int32
    ) -> Bool {
        let isInPlace = reader.isPlainText(node)
        if isInPlace, let bytes = pattern.bytes {
            return unsafe bytes.matches(padded: text) || reportMismatch(.noMatch, node, index)
        }
        let outcome = unsafe room.matcher.match(pattern, in: text, isInPlace: isInPlace)
        return outcome == .match || reportMismatch(outcome, node, index)
    }

    @inline(never)
    private mutating func reportMismatch(
        _ outcome: PatternMatcher.Outcome, _ node: Int32, _ index: Int32
    ) -> Bool {
        if outcome == .limitExceeded {
            return abort(Finding(keyword: .patternLimit, node: node, rule: index))
        }
        return sink.report(Finding(keyword: .pattern, node: node, rule: index), reader)
    }

    /// Whether the text has so many characters. A character takes one to four bytes, so mostly
    /// the number of bytes tells.
    @inline(__always)
    private func isWithin(
        _ text: UnsafeRawBufferPointer, _ minimum: Int, _ maximum: Int
    ) -> Bool {
        if text.count <= maximum, (text.count + 3) / 4 >= minimum { return true }
        if text.count < minimum { return false }
        let length = unsafe Bytes.codePoints(text)
        return length >= minimum && length <= maximum
    }
}
