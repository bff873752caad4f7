internal import CKafka
internal import Events
internal import StreamCore
internal import StreamEngine

/// Turns librdkafka's errors into the engine's: a kind to decide by, and words that a person
/// understands, without secrets.
struct ErrorTranslator: Sendable {
    private let secrets: SecretFilter

    init(_ settings: KafkaSettings) { secrets = SecretFilter(settings.properties) }

    func redact(_ text: String, isCutOff: Bool = false) -> String {
        secrets.redact(text, isCutOff: isCutOff)
    }

    /// The error as the engine knows it, about a topic, partition or property. `otherwise` is the
    /// kind of an error that says nothing more of itself.
    func translate(
        _ error: ckafka_error, subject: String = "", otherwise: ClusterError.Kind = .fatal
    ) -> ClusterError {
        let text = redact(error.reason, isCutOff: error.isReasonFull)
        let kind = ErrorKind.of(error, otherwise: otherwise)
        return ClusterError(
            kind: kind, code: error.codeName,
            reason: ErrorWords.explain(text, code: error.code, kind: kind), subject: subject)
    }

    /// An error that stands alone as a code.
    func translate(
        code: Int32, subject: String, otherwise: ClusterError.Kind = .fatal
    ) -> ClusterError {
        let kind = ErrorKind.of(code: code) ?? otherwise
        let text = unsafe String(cString: ckafka_code_text(code))
        return unsafe ClusterError(
            kind: kind, code: String(cString: ckafka_code_name(code)),
            reason: ErrorWords.explain(text, code: code, kind: kind), subject: subject)
    }

    func diagnostic(
        _ refusal: PropertyRefusal, culprit: KafkaProperty?, section: SourceLocation
    ) -> Diagnostic {
        let reason = redact(refusal.reason, isCutOff: refusal.isCutOff)
        guard let culprit else { return Diagnostic("librdkafka refuses: \(reason)", at: section) }
        let isKnown = PropertyCatalogue.names.contains(culprit.ownName)
        let nearest = isKnown ? nil : NearestName.find(culprit.ownName, in: PropertyCatalogue.names)
        return Diagnostic(
            "librdkafka refuses '\(culprit.name)': \(reason)", at: culprit.location,
            remedy: nearest.map { "did you mean '\($0)'?" })
    }
}

extension ClusterError {
    /// A property that was refused.
    init(_ diagnostic: Diagnostic, property: String) {
        let place = diagnostic.location == .none ? "" : "\(diagnostic.location): "
        self.init(
            kind: .configuration, code: "_INVALID_ARG",
            reason: place + diagnostic.message + (diagnostic.remedy.map { "; \($0)" } ?? ""),
            subject: property)
    }
}

extension ckafka_error {
    /// Whether the reason fills its field, so that its end may be cut off.
    var isReasonFull: Bool {
        reason.utf8.count > MemoryLayout.size(ofValue: text) - 5
    }
}

/// Which kind an error is of.
enum ErrorKind {
    static func of(_ error: ckafka_error, otherwise: ClusterError.Kind) -> ClusterError.Kind {
        if let kind = of(code: error.code), kind != .retriable { return kind }
        if error.is_fatal { return .fatal }
        return error.is_retriable ? .retriable : otherwise
    }

    static func of(code: Int32) -> ClusterError.Kind? {
        kinds.first { $0.codes.contains(Int(code)) }?.kind
    }

    /// Whether an error is about a connection, and not about what was asked through it.
    static func isOfConnection(_ code: Int32) -> Bool {
        [CKAFKA_CODE_AUTHENTICATION, ssl, unsupportedMechanism, illegalSASLState, saslFailed]
            .contains { Int($0) == Int(code) }
    }

    /// Codes of librdkafka (negative) and of Kafka's protocol.
    private static let kinds: [(kind: ClusterError.Kind, codes: Set<Int>)] = [
        (.unreachable, [CKAFKA_CODE_TRANSPORT, CKAFKA_CODE_ALL_BROKERS_DOWN, resolve]),
        (
            .authentication,
            [
                CKAFKA_CODE_AUTHENTICATION, ssl, unsupportedMechanism, illegalSASLState, saslFailed,
                CKAFKA_CODE_TOPIC_AUTHORIZATION_FAILED, CKAFKA_CODE_GROUP_AUTHORIZATION_FAILED,
                clusterAuthorization, transactionalIdAuthorization,
            ]
        ),
        (
            .unknownTopic,
            [
                CKAFKA_CODE_UNKNOWN_TOPIC, CKAFKA_CODE_UNKNOWN_PARTITION,
                CKAFKA_CODE_UNKNOWN_TOPIC_OR_PARTITION,
            ]
        ),
        (
            .fenced,
            [
                CKAFKA_CODE_FENCED, CKAFKA_CODE_ASSIGNMENT_LOST, CKAFKA_CODE_MAX_POLL_EXCEEDED,
                CKAFKA_CODE_ILLEGAL_GENERATION, CKAFKA_CODE_UNKNOWN_MEMBER_ID, invalidProducerEpoch,
                fencedInstanceId, producerFenced,
            ]
        ),
        (
            .configuration,
            [
                CKAFKA_CODE_INVALID_ARGUMENT, invalidTopic, invalidPartitions,
                invalidReplicationFactor, invalidConfiguration, policyViolation,
            ]
        ),
        (
            .retriable,
            [
                CKAFKA_CODE_TIMED_OUT, CKAFKA_CODE_QUEUE_FULL, CKAFKA_CODE_REBALANCE_IN_PROGRESS,
            ]
        ),
    ].map { kind, codes in (kind, Set(codes.map { Int($0) })) }

    private static let resolve = -193
    private static let ssl = -181
    private static let invalidTopic = 17
    private static let clusterAuthorization = 31
    private static let unsupportedMechanism = 33
    private static let illegalSASLState = 34
    private static let invalidPartitions = 37
    private static let invalidReplicationFactor = 38
    private static let invalidConfiguration = 40
    private static let policyViolation = 44
    private static let invalidProducerEpoch = 47
    private static let transactionalIdAuthorization = 53
    private static let saslFailed = 58
    private static let fencedInstanceId = 82
    private static let producerFenced = 90
}
