/// A value of the Common Expression Language, as programs hold it.
public indirect enum Value: Sendable {
    /// `null`
    case null
    /// `bool`
    case boolean(Bool)
    /// `int`
    case integer(Int64)
    /// `uint`
    case unsignedInteger(UInt64)
    /// `double`
    case double(Double)
    /// `string`
    case string(String)
    /// `bytes`
    case bytes([UInt8])
    /// `list`
    case list([Value])
    /// `map`: keys are bool, int, uint or string, and no two are equal.
    case map([Entry])
    /// `google.protobuf.Timestamp`
    case timestamp(Moment)
    /// `google.protobuf.Duration`; to the nanosecond, within 292 years.
    case duration(Duration)
    /// `type`, by its name.
    case type(String)
    /// `optional_type`
    case optional(Value?)
    /// Not known yet. An expression whose result depends on it is unknown, too; one that is
    /// decided without it has its result.
    case unknown

    /// One entry of a map.
    public struct Entry: Sendable, Equatable {
        /// The key.
        public var key: Value
        /// The value.
        public var value: Value

        /// An entry of a map.
        public init(key: Value, value: Value) {
            self.key = key
            self.value = value
        }
    }
}

extension Value: Equatable {
    /// Whether both are of one type and hold the same; the entries of a map may be in any order.
    ///
    /// This is stricter than `==` of the language, by which 1 and 1.0 are equal.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null), (.unknown, .unknown): true
        case (.boolean(let a), .boolean(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.unsignedInteger(let a), .unsignedInteger(let b)): a == b
        case (.double(let a), .double(let b)): a == b || (a.isNaN && b.isNaN)
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.map(let a), .map(let b)):
            a.count == b.count && a.allSatisfy { b.contains($0) }
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.type(let a), .type(let b)): a == b
        case (.optional(let a), .optional(let b)): a == b
        default: false
        }
    }
}

extension Value {
    /// The value in memory of an evaluation.
    func operand(in memory: Memory) -> Operand {
        switch self {
        case .null: return .null
        case .unknown: return .unknown
        case .boolean(let value): return Operand(value)
        case .integer(let value): return Operand(value)
        case .unsignedInteger(let value): return Operand(value)
        case .double(let value): return Operand(value)
        case .string(let value): return Operand(string: memory.text(value))
        case .bytes(let value): return Operand(bytes: memory.text(value))
        case .type(let name): return Operand(type: memory.text(name))
        case .timestamp(let moment): return Operand(moment)
        case .duration(let duration): return Operand(durationNanoseconds: duration.nanoseconds)
        case .list(let values):
            let elements = memory.elements(values.count)
            for (index, value) in values.enumerated() {
                elements[index] = value.operand(in: memory)
            }
            return Operand(list: elements)
        case .map(let entries):
            let elements = memory.elements(2 * entries.count)
            for (index, entry) in entries.enumerated() {
                elements[2 * index] = entry.key.operand(in: memory)
                elements[2 * index + 1] = entry.value.operand(in: memory)
            }
            return Operand(map: elements)
        case .optional(let content):
            guard let content else { return .emptyOptional }
            return Operand(optional: memory.element(content.operand(in: memory)))
        }
    }
}

extension Duration {
    /// Whole nanoseconds, at most as many as an `Int64` can hold.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowOfSum) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowOfSum ? (seconds < 0 ? .min : .max) : sum
    }
}
