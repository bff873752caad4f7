internal import CKafka
internal import StreamEngine

/// Remembers why a client can't reach its cluster, so that a time-out can say it.
struct ConnectionTrouble {
    private let translator: ErrorTranslator
    private var latest: ClusterError?
    private var hasWorked = false

    init(_ translator: ErrorTranslator) { self.translator = translator }

    /// Takes an error that librdkafka reports beside the calls.
    ///
    /// One lost connection is for librdkafka to repair. Only when all brokers are away is the
    /// cluster unreachable, for the reason that the latest connection gave.
    mutating func note(_ error: ckafka_error) -> ClusterError {
        var translated = translator.translate(error, otherwise: .retriable)
        let isEverything = Int(error.code) == Int(CKAFKA_CODE_ALL_BROKERS_DOWN)
        if isEverything, let latest, latest.kind == .unreachable {
            translated.reason = latest.reason
        }
        if translated.kind == .unreachable || translated.kind == .authentication {
            latest = translated
        }
        if translated.kind == .unreachable, !isEverything { translated.kind = .retriable }
        return translated
    }

    /// Whether an error, noted beside the calls, is one that time doesn't heal.
    ///
    /// A connection that is refused for its credentials ends a client that never worked: the
    /// settings are wrong. Later it may be a broker in the middle of a restart.
    func isFinal(_ error: ckafka_error, as translated: ClusterError) -> Bool {
        if error.is_fatal { return true }
        switch translated.kind {
        case .fatal, .configuration: return true
        case .authentication: return !(hasWorked && ErrorKind.isOfConnection(error.code))
        case .unreachable, .unknownTopic, .fenced, .retriable, .abortable, .unknownOutcome:
            return false
        }
    }

    /// The error of a call; a time-out with the reason for it.
    func explain(_ error: ckafka_error, subject: String = "") -> ClusterError {
        let translated = translator.translate(error, subject: subject)
        guard translated.kind == .retriable || translated.kind == .unreachable, let latest else {
            return translated
        }
        return explain(translated, by: latest)
    }

    /// The same for an error that didn't come from librdkafka.
    func explain(_ error: ClusterError) -> ClusterError {
        latest.map { explain(error, by: $0) } ?? error
    }

    /// Something worked: what was is over.
    mutating func noteSuccess() {
        latest = nil
        hasWorked = true
    }

    private func explain(_ error: ClusterError, by cause: ClusterError) -> ClusterError {
        // That none answers the cause says as well, and why.
        ClusterError(
            kind: cause.kind, code: error.code,
            reason: error.kind == .unreachable || error.reason == cause.reason
                ? cause.reason : "\(error.reason): \(cause.reason)",
            subject: error.subject)
    }
}
