internal import Events
public import StreamCore

/// Computes features of events and of those before them, and scores them with models.
///
/// ```yaml
/// scored:
///   from: linked
///   score:
///     key: user_id
///     features:
///       amount: { field: order.total }
///       orders_30d: { aggregate: count, where: "event.event_type == 'purchase'", window: 30d }
///     models:
///       churn: { file: models/churn.json }
/// ```
///
/// A feature is as of the event's own time: what is later is not seen, also when it came earlier.
///
/// - Units: `since_first`, `since_last` and `span` count in `unit`, a day unless set.
/// - Late records: an event that is more than `grace` behind stream time goes to `.late`, is counted,
///   and neither scored nor remembered. One within the grace is scored as of its own time; what was
///   scored before it came stays as it is.
/// - State: per key a log of the events that a feature looks back on, of at most `max_entries`, and
///   a sum of the older ones; forgotten `retention` after the last of them.
/// - Errors: an event without a key, or with a feature that is no number, goes to `.failed`.
/// - Files: models that change while the application runs are taken over between two runs.
/// - Source: XGBoost and LightGBM for trees; Lundberg, Erion and Lee (2018) for contributions;
///   Fader, Hardie and Lee (2005) for BG/NBD; Fader and Hardie (2013) for Gamma-Gamma.
public struct ScoreOperator: OperatorDefinition {
    let settings: ScoreSettings

    public var stores: [StoreSpec] {
        guard settings.isStateful else { return [] }
        return [
            StoreSpec(
                name: settings.storeName, kind: .keyValue,
                layoutVersion: FeatureHistory.layoutVersion, definition: settings.definition),
            StoreSpec(name: settings.timersName, kind: .timers, definition: settings.definition),
        ]
    }

    public var stateKey: StateKey? {
        guard settings.isStateful else { return nil }
        return settings.key.map { .field($0) } ?? .recordKey
    }

    public var reloadedFiles: [String] { settings.files }

    public func makeOperator() -> any Operator { Scorer(settings: settings) }
}

extension ScoreOperator {
    private static let featureFields = [
        FieldSpec(
            "field", .fieldPath,
            "The field to read: a number, a boolean, or a text that is one of 'categories'."),
        FieldSpec("value", .expression, "An expression to compute, in place of 'field'."),
        FieldSpec(
            "categories", .list(.string),
            "Texts that stand for 0, 1, 2 and so on; other texts are missing."),
        FieldSpec(
            "aggregate", .choice(FeatureDefinition.Aggregate.allCases.map(\.rawValue)),
            "What is made of the events of the key up to this one."),
        FieldSpec("where", .condition, "Which events an aggregate counts; all unless set."),
        FieldSpec(
            "window", .duration(allowsZero: false),
            "How far an aggregate looks back from the event; for all time unless set."),
        FieldSpec(
            "half_life", .duration(allowsZero: false),
            "In what time a value of 'decay' counts half."),
        FieldSpec(
            "unit", .duration(allowsZero: false), default: "1d",
            "In what times are counted, and of what 'repeats' counts periods."),
        FieldSpec(
            "current", .choice(["include", "exclude"]), default: "include",
            "Whether the event that is scored counts itself."),
        FieldSpec(
            "default", .number(-1e300...1e300), "What stands for a value that is missing."),
    ]

    private static let modelFields = [
        FieldSpec(
            "file", .file,
            "A model: XGBoost's JSON or UBJ, LightGBM's text, or JSON as Docs/operators/score.md says."
        ),
        FieldSpec(
            "expression", .expression,
            "An expression over 'event' and 'features.NAME', in place of a file."),
        FieldSpec(
            "inputs", .list(.string),
            "The features in the order of the model; needed when the file does not name them."),
        FieldSpec(
            "contributions", .boolean, default: "false",
            "Write what each feature adds to the score: SHAP values of trees."),
        FieldSpec(
            "shadow_of", .string,
            "The model beside which this one runs; its scores come out on '.shadow' only."),
    ]

    /// What a topology file can say of `score`.
    public static let spec = OperatorSpec(
        name: "score",
        summary: "Scores events with models, on features of them and of the events before.",
        fields: [
            FieldSpec(
                "models", .map(key: "a model's name", .object(modelFields)), required: true,
                "The models that score the events."),
            FieldSpec(
                "features", .map(key: "a feature's name", .object(featureFields)),
                "The inputs of the models."),
            FieldSpec(
                "key", .fieldPath,
                "The field by whose value the events before are kept; else the record key."),
            FieldSpec(
                "when", .condition,
                "Which events are scored; others go on as they are and are still remembered."),
            FieldSpec(
                "grace", .duration(allowsZero: true), default: "1h",
                "How far behind stream time an event may be and still be scored."),
            FieldSpec(
                "retention", .duration(allowsZero: false), default: "400d",
                "How long after its last event a key is remembered."),
            FieldSpec(
                "max_entries", .integer(1...100_000), default: "1000",
                "How many events of a key are kept singly; older ones are summed up early."),
            FieldSpec(
                "max_distinct", .integer(1...100_000), default: "1000",
                "Up to how many values 'distinct' counts for all time."),
            FieldSpec(
                "output", .fieldPath, default: "scores", "The field that gets the scores."),
            FieldSpec(
                "features_output", .fieldPath, "A field that gets the values of the features."),
            FieldSpec(
                "drift",
                .object([
                    FieldSpec(
                        "reference", .file, required: true,
                        "A file with the distributions of features in training."),
                    FieldSpec(
                        "window", .integer(100...100_000_000), default: "10000",
                        "After so many scored events the index is computed anew."),
                ]), "Publish how far features have moved from a reference, as gauges."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "shadow", "Scored events with the scores of shadow models as well."),
            OperatorSpec.Output("late", "Events that came later than the grace."),
            OperatorSpec.Output(
                "failed", "Events that could not be scored, as they came.", isForFailures: true),
        ],
        example: """
            score:
              key: user_id
              features:
                views_30m: { aggregate: count, where: "event.event_type == 'page_view'", window: 30m }
                carts_30m: { aggregate: count, where: "event.event_type == 'add_to_cart'", window: 30m }
                purchases: { aggregate: count, where: "event.event_type == 'purchase'" }
                spend: { aggregate: decay, field: order.total, half_life: 7d }
                days_known: { aggregate: since_first }
              models:
                churn: { file: models/churn.json, contributions: true }
            """,
        make: { configuration in
            ScoreSettings(&configuration).map { ScoreOperator(settings: $0) }
        })
}
