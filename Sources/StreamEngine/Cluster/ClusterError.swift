/// Why a cluster could not do what it was asked.
public struct ClusterError: Error, Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// A property was refused: `subject` names it.
        case configuration
        /// No broker answers.
        case unreachable
        case authentication
        case unknownTopic
        /// The member was expelled, or its generation is over.
        case fenced
        /// It may work when tried again: call the same function with the same arguments.
        case retriable
        /// The open transaction can only be aborted; the producer can go on after that.
        case abortable
        /// The request may have been carried out or not. Only what the cluster stores can tell.
        case unknownOutcome
        /// The client can't go on and has to be built anew.
        case fatal
    }

    public var kind: Kind
    /// The client's name of the error, such as `_ALL_BROKERS_DOWN`.
    public var code: String
    /// The client's own words, free of secrets.
    public var reason: String
    /// The property, topic or partition that it is about.
    public var subject: String

    public init(kind: Kind, code: String, reason: String, subject: String = "") {
        self.kind = kind
        self.code = code
        self.reason = reason
        self.subject = subject
    }
}

extension ClusterError {
    /// Whether it may go away by itself, so that the same may be tried again in a while.
    var mayPass: Bool { kind == .retriable || kind == .unreachable }

    /// Whether nobody answered, so that it is worth to ask again for a while.
    var isForWantOfAnswer: Bool { kind == .unreachable || Self.timeouts.contains(code) }

    private static let timeouts: Set<String> = ["_TIMED_OUT", "REQUEST_TIMED_OUT"]
}

extension ClusterError: CustomStringConvertible {
    public var description: String {
        let about = subject.isEmpty ? "" : " (\(subject))"
        return "\(code)\(about): \(reason)"
    }
}
