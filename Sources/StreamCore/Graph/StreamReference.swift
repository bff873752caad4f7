/// What a node reads: `parsed`, or a side output as in `parsed.failed`.
public struct StreamReference: Hashable, Sendable, CustomStringConvertible {
    public let node: String
    public let output: String?
    public let location: SourceLocation

    public init(node: String, output: String? = nil, location: SourceLocation = .none) {
        self.node = node
        self.output = output
        self.location = location
    }

    /// Reads `node` or `node.output`. Names of nodes hold no dots.
    public init(_ text: String, at location: SourceLocation = .none) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            node: String(parts[0]), output: parts.count > 1 ? String(parts[1]) : nil,
            location: location)
    }

    public var description: String { output.map { "\(node).\($0)" } ?? node }

    public static func == (a: Self, b: Self) -> Bool { a.node == b.node && a.output == b.output }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(node)
        hasher.combine(output)
    }
}
