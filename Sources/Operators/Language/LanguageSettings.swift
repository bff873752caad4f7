internal import Events
internal import StreamCore
internal import TextModels

/// The settings of a `language` operator.
struct LanguageSettings: Sendable {
    enum Engine: String, CaseIterable {
        case cld2
    }

    let text: FieldPath
    let target: FieldPath
    let detector: LanguageDetector
    let isReliableOnly: Bool
    /// 0 to 1.
    let minimumShare: Double
    /// The engine and the date of its tables, as they go into the events.
    let version: String

    /// Reads the settings; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        text = configuration.fieldPath("text") ?? FieldPath(name: "text")
        target = configuration.fieldPath("into") ?? FieldPath(name: "language")
        let engine = configuration.choice("engine", default: Engine.cld2)
        isReliableOnly = configuration.boolean("reliable_only", default: false)
        minimumShare = configuration.number("minimum_share", default: 0)
        version = "\(engine.rawValue)/\(LanguageDetector.version)"
        do throws(TextModelError) {
            detector = try LanguageDetector()
        } catch {
            configuration.report("'language' can't be used: \(error)", remedy: error.remedy)
            return nil
        }
        if !configuration.diagnostics.isEmpty { return nil }
    }
}
