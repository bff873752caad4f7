public import Events
public import StreamCore

/// Links the identifiers that events carry to one profile.
///
/// ```yaml
/// linked:
///   from: valid
///   link:
///     identifiers:
///       user_id: { field: user_id, unique: true }
///       email:   { field: email, form: email }
///       phone:   { field: phone, form: phone, country: "49" }
///       device:  { field: device_id }
/// ```
///
/// Events that carry several identifiers link them; profiles are worked out from all links, so the
/// order in which events come does not matter once all are there. An event keeps the profile that its
/// strongest identifier had when it passed; what changes later is told on `.merges`.
///
/// - Units: limits in identifiers; `retention` in event time.
/// - Late records: none; a late event makes identifiers and links older, and counts like any other.
/// - State: for each identifier since when it is known, its profile, and the identifiers that it was
///   seen with, of events and of stewards' decisions.
/// - Errors: a decision that can't be read goes to `.rejected`, and so does an event whose field can't
///   be set. An event without an identifier goes on as it is.
/// - Source: Fellegi and Sunter (1969) for likeness.
public struct LinkOperator: OperatorDefinition {
    let settings: LinkSettings

    /// What events with `scope: global` are sent to tasks by.
    private let strongestIdentifier: DerivedKey

    init(settings: LinkSettings) {
        self.settings = settings
        strongestIdentifier = DerivedKey {
            var identifiers = IdentifierKeys(settings)
            var keys: [[UInt8]] = []
            return { event, arena, key in
                identifiers.read(event, in: arena, into: &keys)
                if let first = keys.first { key.append(unsafe first.span.bytes) }
            }
        }
    }

    private var isGlobal: Bool { settings.scope == .global }
    public var stateKey: StateKey? { isGlobal ? .derived(strongestIdentifier) : nil }
    public var hasFeedback: Bool { isGlobal }
    public var changedKey: FieldPath? { isGlobal ? settings.target : nil }

    public var stores: [StoreSpec] {
        if isGlobal {
            return [
                StoreSpec(
                    name: settings.storeName, kind: .keyValue,
                    layoutVersion: ShardIdentity.layoutVersion,
                    definition: "shards of the graph of identifiers")
            ]
        }
        var stores = [
            StoreSpec(
                name: settings.storeName, kind: .keyValue,
                layoutVersion: IdentityNode.layoutVersion, definition: "identifiers by name")
        ]
        if let likeness = settings.likeness {
            stores.append(
                StoreSpec(
                    name: likeness.storeName, kind: .keyValue,
                    layoutVersion: LikenessNode.layoutVersion, definition: likeness.definition))
        }
        if settings.retention != nil {
            stores += [
                StoreSpec(
                    name: settings.seenName, kind: .keyValue,
                    layoutVersion: LastSeen.layoutVersion, definition: "last times by hash"),
                StoreSpec(name: settings.timersName, kind: .timers),
            ]
        }
        return stores
    }

    public func makeOperator() -> any Operator {
        isGlobal ? ShardedLinker(settings) : Linker(settings)
    }
}

extension LinkOperator {
    /// What a topology file can say of `link`.
    public static let spec = OperatorSpec(
        name: "link",
        summary: "Links the identifiers that events carry to one profile.",
        fields: [
            FieldSpec(
                "identifiers",
                .map(
                    key: "identifier",
                    .object([
                        FieldSpec("field", .fieldPath, required: true, "Where it is in the event."),
                        FieldSpec(
                            "form", .choice(IdentifierType.Form.allCases.map(\.rawValue)),
                            default: "text",
                            "How it is compared: as it is; an address in lower case; a telephone "
                                + "number as E.164; a hash in lower case."),
                        FieldSpec(
                            "unique", .boolean, default: "false", "A profile has one at most."),
                        FieldSpec(
                            "limit", .integer(1...10_000), default: "5",
                            "How many different ones a profile has at most."),
                        FieldSpec(
                            "country", .string,
                            "For telephone numbers without a country's code: that code, in digits."),
                        FieldSpec(
                            "drop_tag", .boolean, default: "false",
                            "For addresses: a+b@c.de is a@c.de."),
                    ])), required: true, "The identifiers by name, the strongest first."),
            FieldSpec(
                "into", .fieldPath, default: "profile_id", "The field that gets the profile."),
            FieldSpec(
                "scope", .choice(LinkSettings.Scope.allCases.map(\.rawValue)),
                default: "partition",
                "'partition': identifiers of one person come in one partition. 'global': they may "
                    + "come in any; tasks tell each other through a topic."),
            FieldSpec(
                "blocked", .list(.string),
                "Values that are no identifiers, besides those that are known."),
            FieldSpec(
                "max_links", .integer(1...10_000), default: "50",
                "An identifier that was seen with more others than this links nothing."),
            FieldSpec(
                "max_together", .integer(2...100_000), default: "1000",
                "The most identifiers that may hang together."),
            FieldSpec(
                "retention", .duration(allowsZero: false),
                "A profile of which nothing was seen for so long is forgotten; without it, none is. "
                    + "Only for 'scope: partition'."),
            FieldSpec(
                "likeness",
                .object([
                    FieldSpec(
                        "model", .file, required: true,
                        "How values are compared: what 'millrace link train' wrote."),
                    FieldSpec(
                        "fields", .map(key: "field of the model", .fieldPath),
                        "Where the values are in an event, for each field of the model; without it "
                            + "the events call them as the model does."),
                    FieldSpec(
                        "link_above", .number(0...1), default: "0.99",
                        "What is likelier than this is linked."),
                    FieldSpec(
                        "review_above", .number(0...1), default: "0.8",
                        "What is likelier than this, and not linked, goes to '.review'."),
                ]),
                "Links profiles that have no identifier in common by what events say of the person."
            ),
        ],
        sideOutputs: [
            OperatorSpec.Output("merges", "Merges and splits of profiles."),
            OperatorSpec.Output(
                "profiles", "Each profile that changed, by its name: for a compacted topic."),
            OperatorSpec.Output(
                "review",
                "Pairs that may be one, by their name: opened, and closed when it is settled."),
            OperatorSpec.Output(
                "rejected", "Decisions that can't be read, and events whose field can't be set.",
                isForFailures: true),
        ],
        namedInputs: [
            OperatorSpec.Input(
                "decisions", "Stewards' decisions: which identifiers belong together, or do not.",
                broadcast: true)
        ],
        example: """
            link:
              identifiers:
                user_id: { field: user_id, unique: true }
                email: { field: email, form: email }
                device: { field: device_id }
            """,
        make: { configuration in
            LinkSettings(&configuration).map { LinkOperator(settings: $0) }
        })
}
