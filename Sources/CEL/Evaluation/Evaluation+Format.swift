extension Evaluation {
    /// Text with the elements of a list in place of its clauses: `%s`, `%d`, `%f`, `%e`, `%b`,
    /// `%o`, `%x`, `%X`, with `%%` for a percent sign.
    func formatted(_ pattern: Operand, _ arguments: Operand, _ index: Int32) -> Operand {
        guard pattern.kind == .string, Self.isList(arguments),
            let values = contents(of: arguments)
        else { return .error(.noSuchOverload, index) }
        var reader = FormatReader(text: pattern.text)
        var result: [UInt8] = []
        var next = 0
        while let byte = reader.next() {
            guard charge(1) else { return .error(.costLimit, index) }
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let clause = reader.clause() else { return .error(.invalidFormat, index) }
            if clause.letter == UInt8(ascii: "%") {
                result.append(byte)
                continue
            }
            guard next < values.count, let text = text(of: values[next], clause) else {
                return .error(.invalidFormat, index)
            }
            charge(bytes: text.utf8.count)
            result.append(contentsOf: text.utf8)
            next += 1
        }
        return Operand(string: memory.text(result))
    }

    private func text(of value: Operand, _ clause: FormatReader.Clause) -> String? {
        switch clause.letter {
        case UInt8(ascii: "s"): return plainText(of: value)
        case UInt8(ascii: "d"):
            if value.kind == .double {
                return value.double.isFinite ? nil : Self.text(of: value.double)
            }
            return whole(value, radix: 10)
        case UInt8(ascii: "b"):
            if value.kind == .boolean { return value.boolean ? "1" : "0" }
            return whole(value, radix: 2)
        case UInt8(ascii: "o"): return whole(value, radix: 8)
        case UInt8(ascii: "x"): return hexadecimal(value)
        case UInt8(ascii: "X"): return hexadecimal(value)?.uppercased()
        case UInt8(ascii: "f"), UInt8(ascii: "e"):
            guard let double = Self.double(value) else { return nil }
            guard double.isFinite else { return Self.text(of: double) }
            guard charge(DecimalDigits.cost(of: double)) else { return nil }
            let digits = DecimalDigits(double)
            return clause.letter == UInt8(ascii: "f")
                ? digits.fixed(decimals: clause.precision ?? 6)
                : digits.scientific(decimals: clause.precision ?? 6)
        default: return nil
        }
    }

    private func whole(_ value: Operand, radix: Int) -> String? {
        switch value.kind {
        case .integer: String(value.integer, radix: radix)
        case .unsignedInteger: String(value.bits, radix: radix)
        default: nil
        }
    }

    private func hexadecimal(_ value: Operand) -> String? {
        guard value.kind == .string || value.kind == .bytes else { return whole(value, radix: 16) }
        var result = ""
        for position in 0..<value.text.count {
            let byte = value.text[position]
            result += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return result
    }

    /// What `%s` makes of a value; containers are written out, the entries of maps in the order
    /// of their keys.
    private func plainText(of value: Operand) -> String? {
        guard charge(1) else { return nil }
        switch value.kind {
        case .null: return "null"
        case .string, .type: return value.text.string
        case .bytes: return value.text.string
        case .boolean: return value.boolean ? "true" : "false"
        case .integer: return "\(value.integer)"
        case .unsignedInteger: return "\(value.bits)"
        case .double: return Self.text(of: value.double)
        case .timestamp: return String(decoding: TimeText.text(of: value.moment), as: UTF8.self)
        case .duration:
            return String(
                decoding: TimeText.text(ofDuration: value.nanoseconds), as: UTF8.self)
        case .optional, .error, .unknown: return nil
        case .list, .map, .field: break
        }
        guard let contents = contents(of: value) else { return nil }
        var parts: [String] = []
        for position in 0..<contents.count {
            guard let part = plainText(of: contents[position]) else { return nil }
            parts.append(part)
        }
        guard Self.isMap(value) else { return "[\(parts.joined(separator: ", "))]" }
        var entries: [(key: String, text: String)] = []
        for position in stride(from: 0, to: parts.count, by: 2) {
            entries.append((parts[position], "\(parts[position]): \(parts[position + 1])"))
        }
        entries.sort { $0.key < $1.key }
        return "{\(entries.map(\.text).joined(separator: ", "))}"
    }
}

/// Reads the text that `format` is called on.
private struct FormatReader {
    struct Clause {
        let letter: UInt8
        let precision: Int?
    }

    private static let largestPrecision = 1_000

    let text: Text
    private var position = 0

    init(text: Text) {
        self.text = text
    }

    mutating func next() -> UInt8? {
        guard position < text.count else { return nil }
        position += 1
        return text[position - 1]
    }

    /// What stands behind a percent sign: an optional precision and a letter.
    mutating func clause() -> Clause? {
        guard let first = next() else { return nil }
        guard first == UInt8(ascii: ".") else { return Clause(letter: first, precision: nil) }
        var precision = 0
        var hasDigits = false
        while let byte = next() {
            guard byte.isDigit else {
                return hasDigits ? Clause(letter: byte, precision: precision) : nil
            }
            precision = precision * 10 + Int(byte - UInt8(ascii: "0"))
            hasDigits = true
            if precision > Self.largestPrecision { return nil }
        }
        return nil
    }
}
