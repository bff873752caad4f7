internal import Events
internal import JSONSchema

/// The values that a condition compares fields with, as flat tables.
struct ConditionConstants: Sendable {
    /// A list of values: its strings, in the order of their bytes, then the others.
    struct List: BitwiseCopyable, Sendable {
        let firstString: Int
        let stringCount: Int
        let otherCount: Int
    }

    enum Value: Hashable {
        case null
        case boolean(Bool)
        /// A number as JSON writes it.
        case number([UInt8])
        /// Bytes: Swift's strings are equal when they only look the same.
        case string([UInt8])
    }

    private enum Kind: BitwiseCopyable {
        case null, boolean, number, string
    }

    private struct Constant: BitwiseCopyable {
        var kind: Kind
        var boolean = false
        /// A number that is an `Int64`, so that most comparisons need no text.
        var integer: Int64 = 0
        var isInteger = false
        var start = 0
        var count = 0
    }

    private var constants: [Constant] = []
    private var bytes: [UInt8] = []

    /// Adds a value and returns its index.
    mutating func add(_ value: Value) -> Int {
        switch value {
        case .null: constants.append(Constant(kind: .null))
        case .boolean(let boolean): constants.append(Constant(kind: .boolean, boolean: boolean))
        case .string(let text): append(text, Constant(kind: .string))
        case .number(let text):
            let integer = unsafe text.withUnsafeBytes { unsafe DecimalText($0)?.integer }
            append(
                text,
                Constant(kind: .number, integer: integer ?? 0, isInteger: integer != nil))
        }
        return constants.count - 1
    }

    /// Adds a list of values.
    mutating func add(_ values: [Value]) -> List {
        var strings: [[UInt8]] = []
        var others: [Value] = []
        for value in Set(values) {
            if case .string(let text) = value { strings.append(text) } else { others.append(value) }
        }
        let first = constants.count
        strings.sort { $0.lexicographicallyPrecedes($1) }
        for string in strings { _ = add(.string(string)) }
        for other in others { _ = add(other) }
        return List(
            firstString: first, stringCount: strings.count, otherCount: others.count)
    }

    private mutating func append(_ text: [UInt8], _ constant: Constant) {
        var constant = constant
        constant.start = bytes.count
        bytes += text
        constant.count = bytes.count - constant.start
        constants.append(constant)
    }

    // MARK: Comparing

    func isEqual(_ index: Int, to value: FieldValue, in arena: EventArena) -> Bool {
        let constant = constants[index]
        switch (constant.kind, value.kind) {
        case (.null, .null): return true
        case (.boolean, .boolean): return value.boolean == constant.boolean
        case (.string, .string):
            return constant.count == value.text.count && order(of: value, to: index, in: arena) == 0
        case (.number, _): return order(of: value, to: index, in: arena) == 0
        default: return false
        }
    }

    func contains(_ value: FieldValue, in list: List, of arena: EventArena) -> Bool {
        if value.kind == .string { return containsString(value, in: list, of: arena) }
        let first = list.firstString + list.stringCount
        for index in first..<first + list.otherCount where isEqual(index, to: value, in: arena) {
            return true
        }
        return false
    }

    private func containsString(
        _ value: FieldValue, in list: List, of arena: EventArena
    ) -> Bool {
        var (low, high) = (list.firstString, list.firstString + list.stringCount)
        while low < high {
            let middle = (low + high) / 2
            guard let order = order(of: value, to: middle, in: arena), order != 0 else {
                return true
            }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return false
    }

    /// -1, 0 or 1 as the value is less than, equal to or greater than the constant; `nil` when
    /// they are not two numbers or two strings.
    func order(of value: FieldValue, to index: Int, in arena: EventArena) -> Int? {
        let constant = constants[index]
        switch constant.kind {
        case .string where value.kind == .string:
            return unsafe withText(of: index) {
                unsafe ByteText.order(arena.bytes(value.text), $0)
            }
        case .number where value.isNumber:
            if constant.isInteger, let integer = value.integer {
                return integer == constant.integer ? 0 : integer < constant.integer ? -1 : 1
            }
            return unsafe withText(of: index) { text in
                guard let left = unsafe DecimalText(arena.bytes(value.raw)),
                    let right = unsafe DecimalText(text)
                else { return nil }
                return left.compared(to: right)
            }
        default: return nil
        }
    }

    func withText<Result>(
        of index: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let constant = constants[index]
        return unsafe bytes.withUnsafeBytes { all in
            let text = unsafe all[constant.start..<constant.start + constant.count]
            return unsafe body(UnsafeRawBufferPointer(rebasing: text))
        }
    }
}
