public import StreamCore

/// How a test of a topology file went.
public struct TopologyTestResult: Sendable {
    /// The test's name.
    public let name: String
    /// Where the test begins.
    public let location: SourceLocation
    /// Empty when the test passed.
    public let failures: [TopologyTestFailure]

    /// Whether everything was as the test expects it.
    public var hasPassed: Bool { failures.isEmpty }
}

/// What was not as a test expects it.
public struct TopologyTestFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The expected record, or the topic, or the step at which the topology stopped.
    public let location: SourceLocation
    /// One sentence without a full stop.
    public let message: String
    /// A line for each field that differs, or what came instead.
    public let details: [String]

    /// A failure at `location`.
    package init(_ message: String, at location: SourceLocation, details: [String] = []) {
        self.message = message
        self.location = location
        self.details = details
    }

    /// The place, what was wrong, and the details below it, a line each.
    public var description: String {
        (["\(location): failed: \(message)"] + details.map { "  \($0)" }).joined(separator: "\n")
    }
}
