/// Why a record could not be taken: a name for programs and a sentence for people.
public struct EventFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A short name in snake case, as dead-letter records carry it.
    public let error: String

    /// One sentence without a full stop: what is wrong, and where.
    public let reason: String

    /// Whether it is no fault of the record: something that was needed gave no answer, so that the
    /// task has to stop and the record to be read again.
    public let isOutage: Bool

    /// A failure of this name, for this reason.
    public init(error: String, reason: String, isOutage: Bool = false) {
        self.error = error
        self.reason = reason
        self.isOutage = isOutage
    }

    /// The name and the reason.
    public var description: String { "\(error): \(reason)" }
}

extension EventArena {
    /// Marks an event as one that could not be decoded, for the operator that routes it.
    public func markFailed(_ event: Event, _ failure: EventFailure) {
        failures[event.slot] = failure
    }

    /// Why the event could not be decoded; `nil` for a good one.
    public func failure(of event: Event) -> EventFailure? {
        failures.isEmpty ? nil : failures[event.slot]
    }

    /// Turns the event into what a dead-letter topic gets: the value and key as they came, the
    /// original headers, and headers that say who refused the record, why, and where it was.
    ///
    /// What operators set, removed or added as headers is no longer seen.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - operatorName: The operator's name in the topology.
    ///   - error: What is wrong, as a code.
    ///   - reason: What is wrong, as a sentence.
    public func fail(
        _ event: inout Event, operatorName: String, error: String, reason: String
    ) {
        let failed = document(of: event)
        documents.append(
            Document(raw: failed.raw, bytes: failed.raw, key: failed.key, origin: failed.origin))
        event.slot = Int32(documents.count - 1)
        event.overlay = -1
        event.key = failed.key
        let origin = origin(of: event)
        addHeader(DeadLetterHeader.operatorName, value: operatorName, to: &event)
        addHeader(DeadLetterHeader.error, value: error, to: &event)
        addHeader(DeadLetterHeader.reason, value: reason, to: &event)
        addHeader(DeadLetterHeader.partition, value: "\(origin.partition)", to: &event)
        addHeader(DeadLetterHeader.offset, value: "\(origin.offset)", to: &event)
        addHeader(DeadLetterHeader.timestamp, value: "\(origin.timestamp)", to: &event)
    }
}
