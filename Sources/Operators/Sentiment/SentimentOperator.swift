public import StreamCore

/// Tags texts with what they say: for, against, how much, and of what.
///
/// ```yaml
/// felt:
///   from: valid
///   sentiment:
///     text: message.body
///     aspects:
///       delivery: [delivery, shipping, parcel, courier]
///       price: [price, cost, expensive, cheap]
/// ```
///
/// The engine `millrace` has a lexicon of its own, of the words in which customers speak of goods and
/// service. The engine `vader` gives the scores of VADER's reference implementation, and needs its
/// lexicon.
///
/// - Units: `compound` from -1 to 1, the other figures from 0 to 1; valences of lexicons from -4 to 4.
/// - Late records: none; `sentiment` does not look at the time.
/// - State: none.
/// - Errors: an event without a text goes on as it is; one whose field can't be set goes to
///   `.failed`.
/// - Files: lexicons that change while the application runs are taken over between two runs.
/// - Source: C. J. Hutto and E. Gilbert (2014) for VADER.
public struct SentimentOperator: OperatorDefinition {
    let settings: SentimentSettings

    public func makeOperator() -> any Operator { SentimentTagger(settings: settings) }

    public var reloadedFiles: [String] { settings.files }
}

extension SentimentOperator {
    /// What a topology file can say of `sentiment`.
    public static let spec = OperatorSpec(
        name: "sentiment",
        summary: "Tags texts with what they say: for, against, how much, and of what.",
        fields: [
            FieldSpec("text", .fieldPath, default: "text", "The field that holds the text."),
            FieldSpec(
                "into", .fieldPath, default: "sentiment",
                "The field that gets the label, the scores and the version of the lexicon."),
            FieldSpec(
                "engine", .choice(SentimentSettings.Engine.allCases.map(\.rawValue)),
                default: "millrace",
                "The engine of Millrace, or VADER with the scores of its reference implementation."),
            FieldSpec(
                "lexicon", .file,
                "A lexicon in VADER's format. 'millrace' adds it to its own, 'vader' needs it."),
            FieldSpec(
                "emoji_lexicon", .file, "For 'vader': emoji, and the descriptions read for them."),
            FieldSpec(
                "aspects", .map(key: "aspect", .oneOrMore(.string)),
                "What opinions may be about, and the words that speak of it."),
            FieldSpec(
                "language_field", .fieldPath,
                "A field that names the language of the text, such as en-GB; a text in another than "
                    + "'languages' has no opinion."),
            FieldSpec(
                "english_only", .boolean, default: "true",
                "For 'millrace': a text that is plainly in another language has no opinion. Off for "
                    + "a lexicon of another language."),
            FieldSpec(
                "languages", .list(.string), default: "[en]", "The languages that are read."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "failed", "Events whose field 'into' could not be set.", isForFailures: true)
        ],
        example: """
            sentiment:
              text: message.body
              aspects:
                delivery: [delivery, shipping, parcel]
                price: [price, expensive]
            """,
        make: { configuration in
            SentimentSettings(&configuration).map { SentimentOperator(settings: $0) }
        })
}
