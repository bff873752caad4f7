/// Reads a model file in Universal Binary JSON, as XGBoost writes it.
///
/// - Source: the UBJSON specification, draft 12.
struct UBJModelReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(ModelProblem) -> ModelValue {
        var reader = UBJModelReader(bytes)
        let value = try reader.value(try reader.marker())
        guard reader.position == bytes.count else { throw reader.problem("more bytes") }
        return value
    }

    private func problem(_ what: String) -> ModelProblem {
        ModelProblem(
            "the file is no UBJ: \(what) at byte \(position)",
            remedy: "write the model again, as JSON, UBJ or LightGBM text")
    }

    private mutating func byte() throws(ModelProblem) -> UInt8 {
        guard position < bytes.count else { throw problem("the end of the file") }
        defer { position += 1 }
        return bytes[position]
    }

    /// The marker of the next value; those that mean nothing are skipped.
    private mutating func marker() throws(ModelProblem) -> UInt8 {
        var marker = try byte()
        while marker == UInt8(ascii: "N") { marker = try byte() }
        return marker
    }

    private mutating func bits(_ count: Int) throws(ModelProblem) -> UInt64 {
        guard bytes.count - position >= count else { throw problem("the end of the file") }
        var bits: UInt64 = 0
        for _ in 0..<count {
            bits = bits << 8 | UInt64(bytes[position])
            position += 1
        }
        return bits
    }

    private mutating func integer(_ marker: UInt8) throws(ModelProblem) -> Int64? {
        switch marker {
        case UInt8(ascii: "i"): Int64(Int8(truncatingIfNeeded: try bits(1)))
        case UInt8(ascii: "U"): Int64(try bits(1))
        case UInt8(ascii: "I"): Int64(Int16(truncatingIfNeeded: try bits(2)))
        case UInt8(ascii: "l"): Int64(Int32(truncatingIfNeeded: try bits(4)))
        case UInt8(ascii: "L"): Int64(bitPattern: try bits(8))
        default: nil
        }
    }

    private mutating func number(_ marker: UInt8) throws(ModelProblem) -> Double? {
        switch marker {
        case UInt8(ascii: "d"):
            return Double(Float(bitPattern: UInt32(truncatingIfNeeded: try bits(4))))
        case UInt8(ascii: "D"): return Double(bitPattern: try bits(8))
        default: return try integer(marker).map { Double($0) }
        }
    }

    /// A length; what follows takes at least a byte for each.
    private mutating func count() throws(ModelProblem) -> Int {
        guard let count = try integer(try byte()), count >= 0, count <= bytes.count - position
        else { throw problem("a length that can't be") }
        return Int(count)
    }

    private mutating func text() throws(ModelProblem) -> String {
        let count = try count()
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    private mutating func value(_ marker: UInt8) throws(ModelProblem) -> ModelValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= JSONModelReader.deepest else {
            throw problem("more than \(JSONModelReader.deepest) levels")
        }
        switch marker {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "S"): return .string(try text())
        case UInt8(ascii: "C"): return .string(String(Character(Unicode.Scalar(try byte()))))
        case UInt8(ascii: "H"):
            let text = try text()
            return Double(text).map { .number($0) } ?? .string(text)
        case UInt8(ascii: "Z"): return .null
        case UInt8(ascii: "T"): return .boolean(true)
        case UInt8(ascii: "F"): return .boolean(false)
        default:
            guard let number = try number(marker) else {
                throw problem("an unknown marker \(marker)")
            }
            return .number(number)
        }
    }

    /// The type and the number of a container's elements, when they are said in front of them.
    private mutating func header() throws(ModelProblem) -> (type: UInt8?, count: Int?) {
        var type: UInt8?
        if position < bytes.count, bytes[position] == UInt8(ascii: "$") {
            position += 1
            type = try byte()
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "#") else {
            guard type == nil else { throw problem("a type without a number of elements") }
            return (nil, nil)
        }
        position += 1
        return (type, try count())
    }

    private mutating func list() throws(ModelProblem) -> ModelValue {
        let (type, count) = try header()
        guard let count else {
            var values: [ModelValue] = []
            while true {
                let marker = try marker()
                if marker == UInt8(ascii: "]") { return ModelValue(list: values) }
                values.append(try value(marker))
            }
        }
        if let type, [0x69, 0x55, 0x49, 0x6C, 0x4C, 0x64, 0x44].contains(type) {
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            for _ in 0..<count {
                guard let number = try number(type) else { throw problem("no number") }
                numbers.append(number)
            }
            return .numbers(numbers)
        }
        var values: [ModelValue] = []
        for _ in 0..<count {
            let marker = if let type { type } else { try marker() }
            values.append(try value(marker))
        }
        return ModelValue(list: values)
    }

    private mutating func object() throws(ModelProblem) -> ModelValue {
        let (type, count) = try header()
        var members: [(name: String, value: ModelValue)] = []
        while count.map({ members.count < $0 }) ?? true {
            if count == nil {
                while position < bytes.count, bytes[position] == UInt8(ascii: "N") { position += 1 }
                if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
                    position += 1
                    break
                }
            }
            let name = try text()
            let marker = if let type { type } else { try marker() }
            members.append((name, try value(marker)))
        }
        return .object(members)
    }
}
