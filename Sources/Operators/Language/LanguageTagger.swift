internal import Events
internal import StreamCore
internal import TextModels

/// The `language` operator at work in one task.
final class LanguageTagger: Operator {
    private static let failed = 1
    /// The code of ISO 639-2 for a language that can't be determined.
    private static let undetermined = "und"

    private let settings: LanguageSettings
    private var buffer = ByteBuffer()

    init(settings: LanguageSettings) { self.settings = settings }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        try unsafe context.emit(
            events, tagging: settings.text, into: settings.target, failed: Self.failed
        ) { text, _ in
            render(unsafe settings.detector.detect(text))
            return unsafe buffer.bytes
        }
    }

    // MARK: Rendering

    private func render(_ language: Language) {
        let isTold =
            language.isKnown && (language.isReliable || !settings.isReliableOnly)
            && language.share >= settings.minimumShare
        buffer.removeAll()
        buffer.append("{\"code\":")
        buffer.append(jsonString: isTold ? language.code : Self.undetermined)
        buffer.append(isTold && language.isReliable ? ",\"reliable\":true" : ",\"reliable\":false")
        buffer.append(",\"share\":")
        buffer.append(double: isTold ? language.share : 0)
        buffer.append(",\"version\":")
        buffer.append(jsonString: settings.version)
        buffer.append("}")
    }
}
