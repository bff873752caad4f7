/// Reads the JSON of a model file.
///
/// Besides JSON it takes `NaN` and `Infinity`, which libraries write. Models may be larger than
/// any event, so the limits of events do not apply.
struct JSONModelReader {
    static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(ModelProblem) -> ModelValue {
        var reader = JSONModelReader(bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.problem("more text") }
        return value
    }

    private func problem(_ what: String) -> ModelProblem {
        ModelProblem(
            "the file is no JSON: \(what) at byte \(position)",
            remedy: "write the model again, as JSON, UBJ or LightGBM text")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func value() throws(ModelProblem) -> ModelValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw problem("more than \(Self.deepest) levels") }
        skipSpace()
        guard position < bytes.count else { throw problem("the end of the file") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        default: return try word()
        }
    }

    private mutating func object() throws(ModelProblem) -> ModelValue {
        position += 1
        var members: [(name: String, value: ModelValue)] = []
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            let name = try string()
            guard take(":") else { throw problem("no ':'") }
            members.append((name, try value()))
        } while take(",")
        guard take("}") else { throw problem("no '}'") }
        return .object(members)
    }

    private mutating func list() throws(ModelProblem) -> ModelValue {
        position += 1
        if take("]") { return .list([]) }
        var numbers: [Double] = []
        var values: [ModelValue] = []
        repeat {
            let value = try value()
            if values.isEmpty, case .number(let number) = value {
                numbers.append(number)
            } else {
                if !numbers.isEmpty {
                    values = numbers.map { .number($0) }
                    numbers = []
                }
                values.append(value)
            }
        } while take(",")
        guard take("]") else { throw problem("no ']'") }
        return values.isEmpty ? .numbers(numbers) : .list(values)
    }

    private mutating func word() throws(ModelProblem) -> ModelValue {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            let isPart =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            if !isPart { break }
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "NaN": return .number(.nan)
        case "Infinity": return .number(.infinity)
        case "-Infinity": return .number(-.infinity)
        default:
            guard let first = text.utf8.first,
                (0x30...0x39).contains(first) || first == UInt8(ascii: "-"),
                let number = Double(text)
            else {
                position = start
                throw problem("no value")
            }
            return .number(number)
        }
    }

    private mutating func string() throws(ModelProblem) -> String {
        guard take("\"") else { throw problem("no string") }
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &content)
            default: content.append(byte)
            }
        }
        throw problem("a string without an end")
    }

    private mutating func escape(into content: inout [UInt8]) throws(ModelProblem) {
        guard position < bytes.count else { throw problem("a string without an end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "u"):
            var unit = try codeUnit()
            if (0xD800...0xDBFF).contains(unit), position + 1 < bytes.count,
                bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try codeUnit()
                if (0xDC00...0xDFFF).contains(low) {
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                }
            }
            content += Array(String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
        default: throw problem("an unknown escape")
        }
    }

    private mutating func codeUnit() throws(ModelProblem) -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw problem("an unknown escape") }
        position += 4
        return unit
    }
}
