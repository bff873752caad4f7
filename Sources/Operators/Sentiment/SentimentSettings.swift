internal import Events
internal import JSONSchema
internal import Sentiment
internal import StreamCore

/// The settings of a `sentiment` operator.
struct SentimentSettings: Sendable {
    enum Engine: String, CaseIterable {
        case millrace, vader
    }

    let text: FieldPath
    let target: FieldPath
    let engine: Engine
    /// `nil` for the engine's own.
    private(set) var lexicon: ValenceLexicon?
    private(set) var emoji: String?
    private(set) var aspects: [SentimentAspect] = []
    /// The field that names the language of the text, and the languages that are read.
    let languageField: FieldPath?
    private(set) var languages: Set<String> = []
    /// Whether texts that are plainly no English have no opinion.
    let readsEnglishOnly: Bool
    /// The engine and the hash of the lexicons, as they go into the events.
    private(set) var version = ""
    private(set) var files: [String] = []

    /// Reads the settings and the lexicons; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        text = configuration.fieldPath("text") ?? FieldPath(name: "text")
        target = configuration.fieldPath("into") ?? FieldPath(name: "sentiment")
        engine = configuration.choice("engine", default: .millrace)
        languageField = configuration.fieldPath("language_field")
        readsEnglishOnly = configuration.boolean("english_only", default: true)
        if engine == .vader, let found = configuration.value["english_only"] {
            configuration.report(
                "'english_only' is only for 'engine: millrace'", at: found.location,
                remedy: "remove it")
        }
        readLanguages(&configuration)
        readLexicons(&configuration)
        readAspects(&configuration)
        if !configuration.diagnostics.isEmpty { return nil }
    }

    private mutating func readLanguages(_ configuration: inout Configuration) {
        languages = Set(configuration.values("languages").map { $0.text.lowercased() })
        if languageField == nil, let found = configuration.value["languages"] {
            configuration.report(
                "'languages' is only for 'language_field'", at: found.location,
                remedy: "add 'language_field', the field that names the text's language")
        }
        if languageField != nil, languages.isEmpty { languages = ["en"] }
    }

    private mutating func readLexicons(_ configuration: inout Configuration) {
        var hashed: [UInt8] = []
        if let file = configuration.string("lexicon") {
            let location = configuration.value["lexicon"]?.location
            if let text = text(of: file, at: location, &configuration) {
                hashed += Array(text.utf8)
                do throws(LexiconError) {
                    lexicon = try ValenceLexicon(text)
                } catch {
                    configuration.report(
                        "the lexicon '\(file)' can't be used: \(error)", at: location,
                        remedy: "write an entry a line: its text, a tab, its valence from -4 to 4")
                }
            }
        } else if engine == .vader {
            configuration.report(
                "'lexicon' is missing: VADER's own is not part of Millrace",
                at: configuration.value["engine"]?.location,
                remedy: "run 'scripts/setup --lexicons' and name 'lexicons/vader_lexicon.txt', or "
                    + "take 'engine: millrace'")
        }
        if let file = configuration.string("emoji_lexicon") {
            let location = configuration.value["emoji_lexicon"]?.location
            if engine != .vader {
                configuration.report(
                    "'emoji_lexicon' is only for 'engine: vader'", at: location,
                    remedy: "remove it: the valences of emoji can stand in 'lexicon'")
            } else if let text = text(of: file, at: location, &configuration) {
                hashed += Array(text.utf8)
                emoji = text
                checkEmoji(text, of: file, at: location, &configuration)
            }
        }
        if engine == .millrace { hashed += Array(MillraceAnalyzer.ownLexicon.utf8) }
        version = "\(engine.rawValue)/\(SHA256.hexadecimal(of: hashed).prefix(16))"
    }

    private func checkEmoji(
        _ text: String, of file: String, at location: SourceLocation?,
        _ configuration: inout Configuration
    ) {
        do throws(LexiconError) {
            try VaderAnalyzer.check(emoji: text)
        } catch {
            configuration.report(
                "the lexicon '\(file)' can't be used: \(error)", at: location,
                remedy: "write an entry a line: an emoji, a tab, its description")
        }
    }

    private mutating func readAspects(_ configuration: inout Configuration) {
        guard let entries = configuration.value["aspects"]?.entries else { return }
        if engine == .vader {
            configuration.report(
                "'aspects' is only for 'engine: millrace'",
                at: configuration.value["aspects"]?.location, remedy: "remove it")
        }
        guard entries.count <= Int(Int16.max) else {
            configuration.report(
                "there are \(entries.count) aspects, more than \(Int16.max)",
                at: configuration.value["aspects"]?.location)
            return
        }
        aspects = entries.map { entry in
            var terms: [String] = []
            if case .list(let list) = entry.value.content {
                terms = list.map(\.text)
            } else {
                terms = [entry.value.text]
            }
            return SentimentAspect(name: entry.key, terms: terms)
        }
    }

    private mutating func text(
        of file: String, at location: SourceLocation?, _ configuration: inout Configuration
    ) -> String? {
        files.append(file)
        do {
            let bytes = try configuration.readFile(file)
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            configuration.report("the lexicon '\(file)' is not UTF-8", at: location)
        } catch {
            configuration.report("the lexicon '\(file)' can't be read: \(error)", at: location)
        }
        return nil
    }
}
