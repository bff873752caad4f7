internal import CKafka

/// One line of librdkafka's own log, free of secrets.
public struct KafkaLog: Sendable, Hashable {
    /// How much it matters, by the names of syslog.
    public enum Level: Int32, Sendable, Comparable {
        case emergency
        case alert
        case critical
        case error
        case warning
        case notice
        case information
        case debug

        /// By weight: a debug line is less than an error.
        public static func < (a: Self, b: Self) -> Bool { a.rawValue > b.rawValue }
    }

    /// How much it matters.
    public var level: Level
    /// The client that wrote it, such as `omnichannel-1`.
    public var client: String
    /// What the line says, led by librdkafka's name of the matter: `FAIL: ...`.
    public var text: String

    /// A line.
    public init(level: Level, client: String, text: String) {
        self.level = level
        self.client = client
        self.text = text
    }

    /// Takes the lines that librdkafka's clients write. It is called on the thread that uses the
    /// client, never by two threads for one client at once.
    public typealias Handler = @Sendable (KafkaLog) -> Void
}

/// Hands the lines of one client on.
struct LogDrain: Sendable {
    let client: String
    let translator: ErrorTranslator
    let handler: KafkaLog.Handler

    func drain(_ logs: OpaquePointer) {
        var line = ckafka_log()
        while unsafe ckafka_logs_next(logs, &line) {
            if line.dropped > 0 {
                handler(
                    KafkaLog(
                        level: .warning, client: client,
                        text: "\(line.dropped) lines of librdkafka's log were lost before this one")
                )
            }
            handler(translated(line))
        }
    }

    private func translated(_ line: ckafka_log) -> KafkaLog {
        let (facility, text) = unsafe withUnsafePointer(to: line) {
            unsafe (
                String(cString: ckafka_log_facility($0)), String(cString: ckafka_log_text($0))
            )
        }
        let isFull = text.utf8.count > MemoryLayout.size(ofValue: line.text) - 5
        return KafkaLog(
            level: KafkaLog.Level(rawValue: line.level) ?? .debug, client: client,
            text: "\(facility): \(translator.redact(text, isCutOff: isFull))")
    }
}
