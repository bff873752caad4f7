import Foundation
import StreamCore
import StreamEngine
import StreamKafka
import Synchronization
import Testing

/// Where a test runs: on the embedded cluster, and on the broker that `MILLRACE_TEST_BOOTSTRAP`
/// names, if there is one.
enum TestCluster: Sendable, CustomTestStringConvertible {
    case embedded
    case broker(String)

    static let broker = ProcessInfo.processInfo.environment["MILLRACE_TEST_BOOTSTRAP"]
        .map(TestCluster.broker)

    static let all = [.embedded] + [broker].compactMap { $0 }

    /// Clusters with administration: none without a broker.
    static let brokers = [broker].compactMap { $0 }

    var testDescription: String {
        switch self {
        case .embedded: "embedded"
        case .broker(let address): address
        }
    }

    var bootstrapServers: String {
        switch self {
        case .embedded: "embedded"
        case .broker(let address): address
        }
    }

    func connect(
        _ properties: [String: String] = [:], log: @escaping KafkaLog.Handler = { _ in }
    ) -> KafkaCluster {
        KafkaCluster(
            KafkaSettings(bootstrapServers, properties), requestTimeout: .seconds(20), log: log)
    }
}

extension KafkaSettings {
    /// The properties as if they stood in a file, one a line from line 2 on, sorted by name.
    init(_ bootstrapServers: String?, _ properties: [String: String] = [:]) {
        var all = properties
        all["bootstrap.servers"] = bootstrapServers
        let sorted = all.sorted { $0.key < $1.key }
        self.init(
            properties: sorted.enumerated().map { index, property in
                KafkaProperty(
                    name: property.key, value: property.value,
                    location: SourceLocation(file: "app.yaml", line: index + 2, column: 3))
            }, location: SourceLocation(file: "app.yaml", line: 1, column: 1))
    }
}

/// A name that no other test, and no earlier run, uses.
func unique(_ name: String) -> String {
    "\(name)-\(UInt32(getpid()))-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
}

/// Calls `attempt` until it gives something, for thirty seconds. `attempt` waits by itself.
func eventually<Result>(
    _ what: String, within limit: Duration = .seconds(30), _ attempt: () throws -> Result?
) throws -> Result {
    let deadline = ContinuousClock.now + limit
    repeat {
        if let result = try attempt() { return result }
    } while ContinuousClock.now < deadline
    throw Overdue(what: what)
}

struct Overdue: Error, CustomStringConvertible {
    let what: String
    var description: String { "in time there was no \(what)" }
}

/// The time that `body` takes.
func duration(of body: () throws -> Void) rethrows -> Duration {
    try ContinuousClock().measure(body)
}

/// The error that `body` throws.
func clusterError(_ body: () throws -> Void) throws -> ClusterError {
    try #require(throws: ClusterError.self, performing: body)
}

/// Collects what librdkafka logs.
final class LogBook: Sendable {
    private let lines = Mutex<[KafkaLog]>([])

    var all: [KafkaLog] { lines.withLock { $0 } }

    var handler: KafkaLog.Handler { { line in self.lines.withLock { $0.append(line) } } }
}
