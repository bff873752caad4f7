import Logging
import Synchronization

/// Keeps what an application logs, for tests to look at.
final class RecordingLog: LogHandler {
    private let kept = Mutex<[(level: Logger.Level, text: String)]>([])

    /// The warnings so far.
    var warnings: [String] {
        kept.withLock { $0.filter { $0.level == .warning }.map(\.text) }
    }

    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append((event.level, "\(event.message)")) }
    }
}
