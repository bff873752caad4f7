import Foundation
import Testing

/// `Topologies/omnichannel.yaml` as it is shipped, on topics of one run.
struct OmnichannelTopology {
    static let sourceTopics = ["events.web", "events.mobile", "events.pos", "events.support"]
    static let sinkTopics = [
        "events.valid", "sessions", "session-updates", "profiles", "merges", "messages", "actions",
        "actions.held", "repeats", "late", "dead-letter",
    ]
    /// What sample events come to nothing of.
    static let emptyTopics: Set = ["late"]

    /// The topics by which an application is told to forget a customer, and says that it did.
    static func ownTopics(of application: String) -> [String] {
        ["control", "receipts"].map { "\(application)-\($0)" }
    }

    let application: String
    let bootstrapServers: String
    /// What the names of the topics begin with.
    let sourcePrefix: String
    let sinkPrefix: String
    let guarantee: String
    /// More lines of these parts, a property each.
    var kafka: [String] = []
    var processing: [String] = []

    func text() throws -> String {
        let file = MillraceProcess.root.appending(path: "Topologies/omnichannel.yaml")
        var text = try String(contentsOf: file, encoding: .utf8)
        // Its tests name its topics too.
        let tests = try #require(text.range(of: "\ntests:\n"))
        text.removeSubrange(tests.lowerBound...)
        func put(_ new: String, inPlaceOf old: String) throws {
            try #require(text.components(separatedBy: old).count == 2, "one '\(old)' expected")
            text = text.replacing(old, with: new)
        }
        try put("application: \(application)", inPlaceOf: "application: omnichannel")
        let servers = "bootstrap.servers: "
        try put(
            Self.lines(["\(servers)\(bootstrapServers)"] + kafka),
            inPlaceOf: "\(servers)${KAFKA_BOOTSTRAP_SERVERS:-embedded}")
        try put(
            Self.lines(["guarantee: \(guarantee)"] + processing),
            inPlaceOf: "guarantee: at_least_once")
        for file in ["schemas/customer-event.schema.json", "models/churn.json"] {
            let path = MillraceProcess.root.appending(path: "Topologies/\(file)").path
            try put(path, inPlaceOf: file)
        }
        let sources = Self.sourceTopics
        try put(
            sources.map { sourcePrefix + $0 }.joined(separator: ", "),
            inPlaceOf: sources.joined(separator: ", "))
        let sinks = try #require(text.range(of: "\nsinks:\n"))
        for topic in Self.sinkTopics {
            let name = try #require(text[sinks.upperBound...].range(of: "\n  \(topic):"))
            text.replaceSubrange(name, with: "\n  \(sinkPrefix)\(topic):")
        }
        return text
    }

    private static func lines(_ lines: [String]) -> String { lines.joined(separator: "\n  ") }
}
