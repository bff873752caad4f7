/// A value from a topology file, with the place where it stands.
///
/// The tree is independent of YAML: the file loader makes it, operators read it through
/// ``Configuration``.
public struct ConfigurationValue: Sendable {
    public indirect enum Content: Sendable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case list([ConfigurationValue])
        case map([Entry])
    }

    /// One `key: value` of a map, in the order of the file.
    public struct Entry: Sendable {
        public let key: String
        public let keyLocation: SourceLocation
        public let value: ConfigurationValue

        public init(key: String, keyLocation: SourceLocation, value: ConfigurationValue) {
            self.key = key
            self.keyLocation = keyLocation
            self.value = value
        }
    }

    public let content: Content
    public let location: SourceLocation
    /// A scalar's text as it was written, so that `1.10` and `007` stay themselves.
    public let text: String
    private let textLocation: (@Sendable (_ line: Int, _ column: Int) -> SourceLocation?)?

    /// `textLocation`: where a line and column of the text, both from 1, stand in the file.
    public init(
        _ content: Content, text: String = "", at location: SourceLocation,
        textLocation: (@Sendable (_ line: Int, _ column: Int) -> SourceLocation?)? = nil
    ) {
        self.content = content
        self.text = text
        self.location = location
        self.textLocation = textLocation
    }

    /// Where a character of the text stands in the file; `nil` when it can't be told, for example
    /// since it comes from a variable.
    ///
    /// Lines and columns of the text are counted from 1, columns in code points.
    public func location(ofLine line: Int, column: Int) -> SourceLocation? {
        textLocation?(line, column)
    }

    /// Whether it is one value and something stands there.
    public var isScalar: Bool {
        switch content {
        case .boolean, .integer, .number, .string: true
        case .null, .list, .map: false
        }
    }

    public subscript(key: String) -> ConfigurationValue? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    public var entries: [Entry]? {
        guard case .map(let entries) = content else { return nil }
        return entries
    }

    /// What the value is, for error messages.
    public var kindName: String {
        switch content {
        case .null: "nothing"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
