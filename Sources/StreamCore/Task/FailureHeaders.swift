internal import Events

/// The headers that a dead-letter record carries besides its own.
struct FailureHeaders: Sendable {
    let application: String
    /// Topic names by the index that events carry.
    let topics: [String]

    init(application: String, topics: [String]) {
        self.application = application
        self.topics = topics
    }

    /// Marks `event` as failed, so that it is written with its original bytes, and adds who
    /// refused it, why, and where it came from.
    func attach(
        to event: inout Event, in arena: EventArena, operatorName: String, error: String,
        reason: String
    ) {
        let topic = Int(arena.topic(of: event))
        let origin = unsafe RepartitionHeader.origin(in: arena.bytes(arena.headers(of: event)))
        arena.fail(&event, operatorName: operatorName, error: error, reason: reason)
        arena.addHeader(DeadLetterHeader.application, value: application, to: &event)
        arena.addHeader(DeadLetterHeader.attempt, value: "1", to: &event)
        if let origin {
            // The last header of a name counts: the event came to this task through a repartition
            // topic, and a person wants to know where it came from at first.
            arena.addHeader(DeadLetterHeader.topic, value: origin.topic, to: &event)
            arena.addHeader(DeadLetterHeader.partition, value: "\(origin.partition)", to: &event)
            arena.addHeader(DeadLetterHeader.offset, value: "\(origin.offset)", to: &event)
        } else if topics.indices.contains(topic) {
            arena.addHeader(DeadLetterHeader.topic, value: topics[topic], to: &event)
        }
    }
}
