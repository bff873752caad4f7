internal import StreamCore

/// Values that a program writes, and no file holds.
extension ConfigurationValue {
    static func object(_ entries: [(String, ConfigurationValue)]) -> ConfigurationValue {
        ConfigurationValue(
            .map(entries.map { Entry(key: $0.0, keyLocation: .none, value: $0.1) }), at: .none)
    }

    static func array(_ values: [ConfigurationValue]) -> ConfigurationValue {
        ConfigurationValue(.list(values), at: .none)
    }

    static func text(_ text: String) -> ConfigurationValue {
        ConfigurationValue(.string(text), text: text, at: .none)
    }

    static func texts(_ texts: [String]) -> ConfigurationValue { .array(texts.map { .text($0) }) }

    static func flag(_ flag: Bool) -> ConfigurationValue {
        ConfigurationValue(.boolean(flag), text: "\(flag)", at: .none)
    }

    static func number(_ text: String) -> ConfigurationValue {
        ConfigurationValue(PlainScalar.content(of: text), text: text, at: .none)
    }
}
