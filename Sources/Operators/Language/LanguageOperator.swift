public import StreamCore

/// Tags texts with the language that they are written in.
///
/// ```yaml
/// spoken:
///   from: valid
///   language:
///     text: message
/// ```
///
/// - Units: `share` from 0 to 1.
/// - Late records: none; `language` does not look at the time.
/// - State: none.
/// - Errors: an event without a text goes on as it is; one whose field can't be set goes to
///   `.failed`.
/// - Source: Compact Language Detector 2.
public struct LanguageOperator: OperatorDefinition {
    let settings: LanguageSettings

    public func makeOperator() -> any Operator { LanguageTagger(settings: settings) }
}

extension LanguageOperator {
    /// What a topology file can say of `language`.
    public static let spec = OperatorSpec(
        name: "language",
        summary: "Tags texts with the language that they are written in.",
        fields: [
            FieldSpec("text", .fieldPath, default: "text", "The field that holds the text."),
            FieldSpec(
                "into", .fieldPath, default: "language",
                "The field that gets the language's code, whether it is reliable, its share and the "
                    + "version of the engine."),
            FieldSpec(
                "engine", .choice(LanguageSettings.Engine.allCases.map(\.rawValue)),
                default: "cld2", "What finds the language: Compact Language Detector 2."),
            FieldSpec(
                "reliable_only", .boolean, default: "false",
                "Whether a language of which the engine is not sure is 'und', undetermined."),
            FieldSpec(
                "minimum_share", .number(0...1), default: "0",
                "How much of the text has to be in the language; else it is 'und'."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "failed", "Events whose field 'into' could not be set.", isForFailures: true)
        ],
        example: """
            language:
              text: message
              reliable_only: true
            """,
        make: { configuration in
            LanguageSettings(&configuration).map { LanguageOperator(settings: $0) }
        })
}
