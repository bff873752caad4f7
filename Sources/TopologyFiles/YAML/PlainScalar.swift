internal import StreamCore

/// What an unquoted YAML scalar means.
///
/// One rule that fits in a sentence: `true`, `false` and `null` are what they say, a number is
/// what JSON calls a number, and everything else is a string. So none of YAML 1.1's surprises
/// happens: `no` and `on` are strings, and so are `1:30`, `2024-03-01`, `007`, `0x1F`, `1_000`
/// and `.inf`.
enum PlainScalar {
    static func content(of text: String) -> ConfigurationValue.Content {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: return number(text) ?? .string(text)
        }
    }

    /// A value that came out of `${VARIABLE}`: typed as if it stood there, but never `null`, since
    /// an empty variable is an empty text.
    static func substitutedContent(of text: String) -> ConfigurationValue.Content {
        let content = content(of: text)
        if case .null = content { return .string(text) }
        return content
    }

    private static func number(_ text: String) -> ConfigurationValue.Content? {
        guard let number = NumberText(text) else { return nil }
        if number.isInteger, let integer = Int64(text) { return .integer(integer) }
        return Double(text).map { .number($0) }
    }
}
