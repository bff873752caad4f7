internal import Events

/// A value during an evaluation: sixteen plain bytes. What does not fit in them lies in memory that
/// outlives the evaluation, so making, copying and forgetting one costs nothing.
@safe
struct Operand: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case null, boolean, integer, unsignedInteger, double, string, bytes
        case list, map
        /// Seconds since 1970 and nanoseconds.
        case timestamp
        /// Nanoseconds.
        case duration
        case type
        case optional
        /// An object or array of an event, not looked into yet.
        case field
        /// Why there is no value.
        case error
        /// The value is not known; see ``Value/unknown``.
        case unknown
    }

    let kind: Kind
    /// The bytes of a text, the elements of a list, the entries of a map, nanoseconds.
    let count: UInt32
    /// A number, or where the rest lies.
    let bits: UInt64

    private init(_ kind: Kind, bits: UInt64 = 0, count: Int = 0) {
        self.kind = kind
        self.bits = bits
        self.count = UInt32(truncatingIfNeeded: count)
    }

    static let null = Operand(.null)
    static let unknown = Operand(.unknown)
    static let `true` = Operand(true)
    static let `false` = Operand(false)
    static let emptyOptional = Operand(.optional)

    init(_ value: Bool) { self.init(.boolean, bits: value ? 1 : 0) }
    init(_ value: Int64) { self.init(.integer, bits: UInt64(bitPattern: value)) }
    init(_ value: UInt64) { self.init(.unsignedInteger, bits: value) }
    init(_ value: Double) { self.init(.double, bits: value.bitPattern) }
    init(string: Text) { self.init(.string, bits: string.bits, count: string.count) }
    init(bytes: Text) { self.init(.bytes, bits: bytes.bits, count: bytes.count) }
    init(type: Text) { self.init(.type, bits: type.bits, count: type.count) }
    init(list: Elements) { self.init(.list, bits: list.bits, count: list.count) }

    /// Keys and values by turns.
    init(map: Elements) { self.init(.map, bits: map.bits, count: map.count / 2) }

    init(_ moment: Moment) {
        self.init(
            .timestamp, bits: UInt64(bitPattern: moment.seconds), count: Int(moment.nanoseconds))
    }

    init(durationNanoseconds: Int64) {
        self.init(.duration, bits: UInt64(bitPattern: durationNanoseconds))
    }

    /// An optional with a value, which lies in the one element.
    init(optional: Elements) { self.init(.optional, bits: optional.bits, count: 1) }

    /// `address` is that of a ``FieldReference``.
    init(fieldAt address: UInt64) { self.init(.field, bits: address) }

    /// An error of the instruction `index`.
    static func error(_ reason: FailureReason, _ index: Int32) -> Operand {
        Operand(.error, bits: UInt64(UInt32(bitPattern: index)), count: Int(reason.rawValue))
    }

    /// The same error with the kinds of the operands that it is about.
    func about(_ operands: Kind...) -> Operand {
        var kinds: UInt64 = 0
        for kind in operands.reversed() { kinds = kinds << 8 | UInt64(kind.rawValue + 1) }
        return Operand(.error, bits: bits & 0xFFFF_FFFF | kinds << 32, count: Int(count))
    }

    // MARK: Contents, each of its kind only

    var boolean: Bool { bits != 0 }
    var integer: Int64 { Int64(bitPattern: bits) }
    var unsignedInteger: UInt64 { bits }
    var double: Double { Double(bitPattern: bits) }
    var text: Text { Text(bits: bits, count: Int(count)) }
    var elements: Elements { Elements(bits: bits, count: Int(count)) }
    var entries: Elements { Elements(bits: bits, count: 2 * Int(count)) }
    var moment: Moment {
        Moment(unchecked: Int64(bitPattern: bits), nanoseconds: Int32(bitPattern: count))
    }
    var nanoseconds: Int64 { Int64(bitPattern: bits) }

    /// What an optional holds.
    var content: Operand? { count == 0 ? nil : elements[0] }

    var reason: FailureReason { FailureReason(rawValue: UInt8(truncatingIfNeeded: count))! }
    var failedInstruction: Int32 { Int32(truncatingIfNeeded: bits) }

    /// The names of the types that an error is about.
    var failedTypes: [String] {
        var names: [String] = []
        var kinds = bits >> 32
        while kinds > 0 {
            if let kind = Kind(rawValue: UInt8(kinds & 0xFF) - 1) { names.append(kind.name) }
            kinds >>= 8
        }
        return names
    }

    /// What tells of its type: of a field of an event, whether it is a list or a map.
    var plainKind: Kind {
        kind == .field ? (field.value.kind == .object ? .map : .list) : kind
    }

    /// Whether it is no value: an error, or unknown.
    var isAbnormal: Bool { kind == .error || kind == .unknown }

    var isTrue: Bool { kind == .boolean && bits != 0 }
    var isFalse: Bool { kind == .boolean && bits == 0 }
    var isNumber: Bool { kind == .integer || kind == .unsignedInteger || kind == .double }

    /// Of two operands of which one is no value, the one that decides: what is unknown could
    /// still become a value, so it goes before an error.
    static func decisive(_ left: Operand, _ right: Operand) -> Operand {
        if left.kind == .unknown { return left }
        if right.kind == .unknown { return right }
        return left.kind == .error ? left : right
    }
}

extension Operand.Kind {
    /// The type as messages name it.
    var name: String {
        switch self {
        case .null: "null"
        case .boolean: "bool"
        case .integer: "int"
        case .unsignedInteger: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map, .field: "map"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .type: "type"
        case .optional: "optional"
        case .error, .unknown: "error"
        }
    }
}

/// Operands that lie one behind the other in memory that outlives the evaluation.
@safe
struct Elements: BitwiseCopyable {
    private let base: UnsafeMutablePointer<Operand>?
    let count: Int

    static var empty: Elements { Elements(bits: 0, count: 0) }

    init(_ base: UnsafeMutablePointer<Operand>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    init(bits: UInt64, count: Int) {
        unsafe base = UnsafeMutablePointer(bitPattern: UInt(bits))
        self.count = count
    }

    var bits: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

    /// - Precondition: `index` lies within.
    subscript(index: Int) -> Operand {
        get {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            return unsafe base![index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            unsafe base![index] = newValue
        }
    }

    /// The first elements.
    func prefix(_ count: Int) -> Elements {
        precondition(count <= self.count, "\(count) of \(self.count) elements")
        return Elements(bits: bits, count: count)
    }
}

/// A container of an event, and which binding's arena it is in.
struct FieldReference: BitwiseCopyable {
    var value: FieldValue
    var variable: Int32
}
