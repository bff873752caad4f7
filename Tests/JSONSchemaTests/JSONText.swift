/// The text of a JSON value, for test data that no arena takes as a whole: numbers of hundreds
/// of digits stay as they are written.
struct JSONText {
    let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The elements of an array.
    var elements: [JSONText] { parts(separator: UInt8(ascii: ",")).map { JSONText($0) } }

    /// The value of a member without escapes in its name.
    subscript(name: String) -> JSONText? {
        for member in parts(separator: UInt8(ascii: ",")) {
            let parts = JSONText([0] + member + [0]).parts(separator: UInt8(ascii: ":"), limit: 2)
            guard parts.count == 2, JSONText(parts[0]).string == name else { continue }
            return JSONText(parts[1])
        }
        return nil
    }

    /// The content of a string without escapes.
    var string: String {
        let trimmed = bytes.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
        return String(decoding: trimmed.dropFirst().dropLast(), as: UTF8.self)
    }

    var isTrue: Bool { String(decoding: bytes, as: UTF8.self).contains("true") }

    /// What stands between separators at the first level inside the value.
    private func parts(separator: UInt8, limit: Int = .max) -> [[UInt8]] {
        let trimmed = Array(bytes.drop { $0 <= 0x20 && $0 != 0 })
        let end = trimmed.lastIndex { $0 > 0x20 || $0 == 0 } ?? 0
        var parts: [[UInt8]] = [[]]
        var (depth, isInString, isEscaped) = (0, false, false)
        for byte in trimmed[..<end].dropFirst() {
            switch byte {
            case separator where depth == 0 && !isInString && parts.count < limit:
                parts.append([])
                continue
            case UInt8(ascii: "\"") where !isEscaped: isInString.toggle()
            case UInt8(ascii: "{"), UInt8(ascii: "["): if !isInString { depth += 1 }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): if !isInString { depth -= 1 }
            default: break
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            parts[parts.count - 1].append(byte)
        }
        return parts.filter { part in part.contains { $0 > 0x20 } }
    }
}
