public import StreamCore

/// Sorts texts by a model that fastText trained: by what somebody wants, or by how it was meant.
///
/// ```yaml
/// sorted:
///   from: valid
///   classify:
///     text: message
///     model: models/intents.ftz
///     threshold: 0.6
/// ```
///
/// - Units: probabilities from 0 to 1.
/// - Late records: none; `classify` does not look at the time.
/// - State: none.
/// - Errors: an event without a text goes on as it is; one whose field can't be set goes to
///   `.failed`.
/// - Files: a model that changes while the application runs is taken over between two runs.
/// - Source: A. Joulin, E. Grave, P. Bojanowski and T. Mikolov (2017), fastText.
public struct ClassifyOperator: OperatorDefinition {
    let settings: ClassifySettings

    public func makeOperator() -> any Operator { TextSorter(settings: settings) }

    public var reloadedFiles: [String] { [settings.file] }
}

extension ClassifyOperator {
    /// What a topology file can say of `classify`.
    public static let spec = OperatorSpec(
        name: "classify",
        summary: "Sorts texts by a model that fastText trained, for example by intent.",
        fields: [
            FieldSpec("text", .fieldPath, default: "text", "The field that holds the text."),
            FieldSpec(
                "into", .fieldPath, default: "intent",
                "The field that gets the label, its probability and the version of the model."),
            FieldSpec(
                "model", .file, required: true,
                "A file that 'fasttext supervised' or 'fasttext quantize' wrote."),
            FieldSpec(
                "top", .integer(1...100), default: "1",
                "How many of the most likely labels are told; from 2 on as a list 'labels' too."),
            FieldSpec(
                "threshold", .number(0...1), default: "0",
                "How likely a label has to be to be told."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "failed", "Events whose field 'into' could not be set.", isForFailures: true)
        ],
        example: """
            classify:
              text: message
              model: models/intents.bin
              top: 2
              threshold: 0.6
            """,
        make: { configuration in
            ClassifySettings(&configuration).map { ClassifyOperator(settings: $0) }
        })
}
