internal import Events
internal import JSONSchema
internal import StreamCore
internal import TextModels

/// The settings of a `classify` operator.
struct ClassifySettings: Sendable {
    let text: FieldPath
    let target: FieldPath
    /// The model, as the topology names it.
    let file: String
    /// Read once and shared by the tasks.
    let classifier: TextClassifier
    /// How many labels are told.
    let top: Int
    /// 0 to 1.
    let threshold: Double
    /// The engine and the hash of the model's file, as they go into the events.
    let version: String

    /// Reads the settings and the model; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        text = configuration.fieldPath("text") ?? FieldPath(name: "text")
        target = configuration.fieldPath("into") ?? FieldPath(name: "intent")
        top = Int(configuration.integer("top", default: 1))
        threshold = configuration.number("threshold", default: 0)
        file = configuration.string("model") ?? ""
        guard let (classifier, version) = Self.readModel(file, &configuration),
            configuration.diagnostics.isEmpty
        else { return nil }
        (self.classifier, self.version) = (classifier, version)
    }

    private static func readModel(
        _ file: String, _ configuration: inout Configuration
    ) -> (TextClassifier, version: String)? {
        // Without the library no file would help.
        guard TextClassifier.isAvailable else {
            let error = TextClassifier.missingLibrary
            configuration.report("'classify' can't be used: \(error)", remedy: error.remedy)
            return nil
        }
        let location = configuration.value["model"]?.location
        let bytes: [UInt8]
        do {
            bytes = try configuration.readFile(file)
        } catch {
            configuration.report("the model '\(file)' can't be read: \(error)", at: location)
            return nil
        }
        do throws(TextModelError) {
            let classifier = try TextClassifier(bytes)
            return (classifier, "fasttext/\(SHA256.hexadecimal(of: bytes).prefix(16))")
        } catch {
            configuration.report(
                "the model '\(file)' can't be used: \(error)", at: location, remedy: error.remedy)
            return nil
        }
    }
}
