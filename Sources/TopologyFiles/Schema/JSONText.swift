internal import StreamCore

/// Writes values as JSON, numbers exactly as they were written.
struct JSONText {
    private let indentation: String?
    private var text = ""

    /// On one line, without spaces.
    static func compact(_ value: ConfigurationValue) -> String {
        var writer = JSONText(indentation: nil)
        writer.write(value, depth: 0)
        return writer.text
    }

    /// For people, with two spaces a level and a line break at the end.
    static func indented(_ value: ConfigurationValue) -> String {
        var writer = JSONText(indentation: "  ")
        writer.write(value, depth: 0)
        return writer.text + "\n"
    }

    static func quoted(_ string: String) -> String {
        var writer = JSONText(indentation: nil)
        writer.write(string)
        return writer.text
    }

    private init(indentation: String?) { self.indentation = indentation }

    private mutating func write(_ value: ConfigurationValue, depth: Int) {
        switch value.content {
        case .null: text += "null"
        case .boolean(let boolean): text += boolean ? "true" : "false"
        case .integer(let integer): text += value.numberText ?? "\(integer)"
        case .number(let number): text += value.numberText ?? "\(number)"
        case .string(let string): write(string)
        case .list(let values):
            write(values, between: ("[", "]"), depth: depth) { writer, value in
                writer.write(value, depth: depth + 1)
            }
        case .map(let entries):
            write(entries, between: ("{", "}"), depth: depth) { writer, entry in
                writer.write(entry.key)
                writer.text += writer.indentation == nil ? ":" : ": "
                writer.write(entry.value, depth: depth + 1)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], between brackets: (String, String), depth: Int,
        _ writeElement: (inout JSONText, Element) -> Void
    ) {
        text += brackets.0
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            breakLine(depth + 1)
            writeElement(&self, element)
        }
        if !elements.isEmpty { breakLine(depth) }
        text += brackets.1
    }

    private mutating func breakLine(_ depth: Int) {
        guard let indentation else { return }
        text += "\n" + String(repeating: indentation, count: depth)
    }

    private mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension ConfigurationValue {
    /// The number as it was written, when it is one in JSON too.
    fileprivate var numberText: String? { NumberText(text) == nil ? nil : text }
}
