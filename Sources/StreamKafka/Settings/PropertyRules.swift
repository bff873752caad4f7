internal import StreamCore

/// A property that the promises of Millrace depend on, so that it can't be anything else.
struct FixedProperty: Sendable {
    let name: String
    let aliases: [String]
    /// The values that keep the promise, the one that is used first. None: Millrace chooses it.
    let allowed: [String]
    let reason: String

    init(_ name: String, aliases: [String] = [], allowed: [String], because reason: String) {
        self.name = name
        self.aliases = aliases
        self.allowed = allowed
        self.reason = reason
    }

    func names(_ property: KafkaProperty) -> Bool {
        property.ownName == name || aliases.contains(property.ownName)
    }

    func allows(_ value: String) -> Bool { allowed.contains(PropertyRules.canonical(value)) }
}

/// What Millrace sets on its clients: what is fixed, and what is only a default.
enum PropertyRules {
    static let consumerFixed = [
        FixedProperty(
            "enable.auto.commit", aliases: ["auto.commit.enable"], allowed: ["false"],
            because: "Millrace commits offsets itself, together with the state that reflects them"),
        FixedProperty(
            "enable.auto.offset.store", allowed: ["false"],
            because: "Millrace commits offsets itself, together with the state that reflects them"),
        FixedProperty(
            "enable.partition.eof", allowed: ["true"],
            because: "Millrace has to know when it has read a partition to its end"),
        FixedProperty(
            "group.id", allowed: [],
            because: "the consumer group is the application's name; change 'application'"),
    ]

    static let producerFixed = [
        FixedProperty(
            "partitioner", allowed: ["murmur2_random", "murmur2"],
            because: "with it keys land on the partitions where Java producers put them, and "
                + "topics with the same keys stay co-partitioned"),
        FixedProperty(
            "acks", aliases: ["request.required.acks"], allowed: ["all", "-1"],
            because: "offsets are committed once the outputs are safe on all in-sync replicas"),
        FixedProperty(
            "delivery.report.only.error", allowed: ["false"],
            because: "Millrace counts what was delivered before it commits"),
        FixedProperty(
            "transactional.id", allowed: [],
            because: "Millrace makes one for each stream thread; choose 'processing.guarantee'"),
    ]

    static func fixed(on side: ClientSide) -> [FixedProperty] {
        side == .consumer ? consumerFixed : producerFixed
    }

    /// Set before the user's own properties, which win.
    static func defaults(on side: ClientSide) -> [(name: String, value: String)] {
        switch side {
        case .consumer:
            [
                ("receive.message.max.bytes", "1000000000"),
                // A full queue is refilled after a fixed second in librdkafka 2.0.2: it has to hold
                // more than a second of records, and is bounded by its bytes alone.
                ("queued.min.messages", "1000000"),
                ("queued.max.messages.kbytes", "32768"),
            ]
        case .producer:
            [
                ("enable.idempotence", "true"),
                ("linger.ms", "5"),
                ("compression.codec", "lz4"),
                ("queue.buffering.max.kbytes", "131072"),
                // Whether a record is too large is the topic's to say: what could be read must not
                // fail on its way to a dead-letter topic for the headers that it got.
                ("message.max.bytes", "100000000"),
            ]
        }
    }

    /// What a reader has in place of the consumer's defaults: a restore waits for it, and reads as
    /// much as it gets.
    static let readerDefaults: [(name: String, value: String)] = [
        // A task's changelogs are many partitions, and each may fill its queue: small records count
        // by their number, for librdkafka needs some 250 bytes for each.
        ("queued.min.messages", "200000"),
        ("fetch.message.max.bytes", "4194304"),
        // A partition that is started waits for the answer that the broker owes for the others.
        ("fetch.wait.max.ms", "100"),
    ]

    /// A value as it compares: librdkafka ignores case and knows several words for a boolean.
    static func canonical(_ value: String) -> String {
        switch value.lowercased() {
        case "true", "t", "1": "true"
        case "false", "f", "0": "false"
        case let other: other
        }
    }
}

extension PropertyRules {
    /// Conflicts of the user's properties for one side with what is fixed there.
    static func conflicts(of properties: [KafkaProperty], on side: ClientSide) -> [Diagnostic] {
        properties.compactMap { property in
            guard let fixed = fixed(on: side).first(where: { $0.names(property) }),
                !fixed.allows(property.value)
            else { return nil }
            return Diagnostic(
                fixed.allowed.isEmpty
                    ? "'\(property.name)' can't be set: \(fixed.reason)"
                    : "'\(property.name)' must be '\(fixed.allowed[0])': \(fixed.reason)",
                at: property.location, remedy: "leave it out")
        } + (side == .producer ? orderConflict(of: properties) : [])
    }

    /// Without idempotence a retry may overtake the record behind it, so only one request at a
    /// time keeps the records of a key in order.
    private static func orderConflict(of properties: [KafkaProperty]) -> [Diagnostic] {
        guard isIdempotenceOff(properties),
            let inFlight = properties.last(where: { inFlightNames.contains($0.ownName) }),
            inFlight.value != "1"
        else { return [] }
        return [
            Diagnostic(
                "'\(inFlight.name)' must be 1 when 'enable.idempotence' is false: a retry would "
                    + "change the order of a key's records", at: inFlight.location,
                remedy: "leave out one of the two")
        ]
    }

    static func isIdempotenceOff(_ properties: [KafkaProperty]) -> Bool {
        properties.last { $0.ownName == "enable.idempotence" }
            .map { canonical($0.value) == "false" } ?? false
    }

    static let inFlightNames = ["max.in.flight.requests.per.connection", "max.in.flight"]

    /// Only `range` gives partition `p` of several topics to the same member.
    static func assignmentConflict(of properties: [KafkaProperty]) -> [Diagnostic] {
        guard
            let strategy = properties.last(where: { $0.ownName == "partition.assignment.strategy" }
            ),
            canonical(strategy.value) != "range"
        else { return [] }
        return [
            Diagnostic(
                "'\(strategy.name)' must be 'range': this topology reads topics that have to be "
                    + "co-partitioned, and no other strategy gives the same partition of each to "
                    + "the same member", at: strategy.location, remedy: "leave it out")
        ]
    }
}
