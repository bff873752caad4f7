internal import Events
internal import Sentiment
internal import StreamCore

/// The `sentiment` operator at work in one task.
final class SentimentTagger: Operator {
    private static let failed = 1

    private enum Analyzer {
        case millrace(MillraceAnalyzer)
        case vader(VaderAnalyzer)
    }

    private var settings: SentimentSettings
    private var analyzer: Analyzer
    private var buffer = ByteBuffer()

    init(settings: SentimentSettings) {
        self.settings = settings
        analyzer = Self.analyzer(settings)
    }

    private static func analyzer(_ settings: SentimentSettings) -> Analyzer {
        switch settings.engine {
        case .millrace:
            return .millrace(
                MillraceAnalyzer(
                    lexicon: settings.lexicon, aspects: settings.aspects,
                    readsEnglishOnly: settings.readsEnglishOnly))
        case .vader:
            guard let lexicon = settings.lexicon,
                let analyzer = try? VaderAnalyzer(lexicon: lexicon, emoji: settings.emoji)
            else { preconditionFailure("lexicons that were read can be used") }
            return .vader(analyzer)
        }
    }

    func adopt(_ definition: any OperatorDefinition) -> Bool {
        guard let changed = (definition as? SentimentOperator)?.settings else { return false }
        settings = changed
        analyzer = Self.analyzer(changed)
        return true
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        try unsafe context.emit(
            events, tagging: settings.text, into: settings.target, failed: Self.failed
        ) { text, event in
            unsafe render(text, of: event, in: context.arena)
            return unsafe buffer.bytes
        }
    }

    // MARK: Rendering

    private func render(_ text: UnsafeRawBufferPointer, of event: Event, in arena: EventArena) {
        buffer.removeAll()
        guard speaksKnownLanguage(event, in: arena) else { return renderOtherLanguage() }
        switch analyzer {
        case .millrace(let analyzer):
            let opinion = unsafe analyzer.analyze(text)
            if analyzer.isInOtherLanguage { return renderOtherLanguage() }
            append(opinion)
            if !settings.aspects.isEmpty { append(analyzer.aspects) }
        case .vader(let analyzer): append(unsafe analyzer.analyze(text))
        }
        finish()
    }

    private func renderOtherLanguage() {
        buffer.append("{\"label\":\"no_opinion\",\"reason\":\"language\"")
        finish()
    }

    /// Whether the language, by its first part ("en" in "en-GB"), is one that is read. A text whose
    /// language is not told is read, and so is one for which it can't be determined, "und".
    private func speaksKnownLanguage(_ event: Event, in arena: EventArena) -> Bool {
        guard let field = settings.languageField else { return true }
        let value = arena.value(of: event, at: field)
        guard value.kind == .string else { return true }
        let tag = unsafe String(decoding: arena.bytes(value.text), as: UTF8.self).lowercased()
        if tag == "und" || settings.languages.contains(tag) { return true }
        let language = tag.prefix { $0 != "-" && $0 != "_" }
        return settings.languages.contains(String(language))
    }

    private func append(_ opinion: Opinion) {
        buffer.append("{\"label\":\"")
        buffer.append(opinion.label.name)
        buffer.append("\",\"compound\":")
        append(opinion.compound)
        buffer.append(",\"confidence\":")
        append(opinion.confidence)
        buffer.append(",\"positive\":")
        append(opinion.positive)
        buffer.append(",\"neutral\":")
        append(opinion.neutral)
        buffer.append(",\"negative\":")
        append(opinion.negative)
    }

    /// A number with four digits behind the point.
    private func append(_ number: Double) {
        buffer.append(double: (number * 10_000).rounded(.toNearestOrEven) / 10_000)
    }

    private func append(_ aspects: [MillraceAnalyzer.AspectOpinion]) {
        buffer.append(",\"aspects\":[")
        for (index, found) in aspects.enumerated() {
            buffer.append(index == 0 ? "{\"aspect\":" : ",{\"aspect\":")
            buffer.append(jsonString: settings.aspects[found.aspect].name)
            buffer.append(",\"compound\":")
            append(found.compound)
            buffer.append("}")
        }
        buffer.append("]")
    }

    private func finish() {
        buffer.append(",\"version\":")
        buffer.append(jsonString: settings.version)
        buffer.append("}")
    }
}

extension Opinion.Label {
    fileprivate var name: StaticString {
        switch self {
        case .positive: "positive"
        case .negative: "negative"
        case .neutral: "neutral"
        case .none: "no_opinion"
        }
    }
}
