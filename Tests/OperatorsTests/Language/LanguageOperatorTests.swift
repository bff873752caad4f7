import Events
import Operators
import StreamCore
import Testing
import TextModels

@Suite("language", .enabled(if: LanguageDetector.isAvailable, "needs libcld2-dev"))
struct LanguageOperatorTests {
    private static let german = "Ich möchte mein Geld zurück, die Schuhe sind kaputt."
    /// One half German, one half English.
    private static let mixed =
        "Ich möchte mein Geld zurück, die Schuhe sind kaputt und viel zu klein für mich. "
        + "Please answer me in English, I want my money back."

    private func rig(_ settings: Setting = [:]) throws -> OperatorRig {
        try OperatorRig(LanguageOperator.spec, settings)
    }

    private func language(of text: String, _ settings: Setting = [:]) throws -> String {
        let value = try rig(settings).values(#"{"text":"\#(text)"}"#)[0]
        return String(value.split(separator: #""language":"#, maxSplits: 1).last ?? "")
    }

    @Test("a text is tagged with its language, its share and the version of the tables")
    func tagged() throws {
        let value = try rig().values(#"{"text":"\#(Self.german)"}"#)[0]
        let version = "cld2/\(LanguageDetector.version)"
        #expect(
            value == #"out {"text":"\#(Self.german)","language":{"code":"de","reliable":true,"#
                + #""share":0.98,"version":"\#(version)"}}"#)
    }

    @Test("the text is what it says, not how JSON writes it")
    func escapes() throws {
        let text =
            #"\u0413\u0434\u0435 \u043c\u043e\u044f \u043f\u043e\u0441\u044b\u043b\u043a\u0430"#
        #expect(try language(of: text).hasPrefix(#"{"code":"ru""#))
    }

    @Test("'text' and 'into' say where the text is and where the language goes")
    func places() throws {
        let rig = try rig(["text": "message.body", "into": "meta.language"])
        let event = #"{"message":{"body":"Where is my parcel?"},"meta":"#
        let value = try rig.values(event + #"{"a":1}}"#)[0]
        #expect(value.contains(#""meta":{"a":1,"language":{"code":"en""#))
        let failed = try rig.run(event + "[1]}")[0]
        #expect(failed.topic == "failed")
        #expect(
            failed.failure
                == "field_not_settable: the field 'meta.language' can't be set: an array is in the "
                + "way")
        #expect(failed.value == event + "[1]}")
    }

    @Test(
        "an event without a text goes on as it is",
        arguments: [#"{"a":1}"#, #"{"text":null}"#, #"{"text":5}"#, #"{"text":["Hallo"]}"#])
    func noText(json: String) throws {
        #expect(try rig().values(json) == ["out \(json)"])
    }

    @Test(
        "a text without words is of undetermined language",
        arguments: ["", " ", "4711", "😀👍", #"\u0000"#])
    func undetermined(text: String) throws {
        #expect(
            try language(of: text).hasPrefix(#"{"code":"und","reliable":false,"share":0.0,"#))
    }

    @Test("a language that is not reliable is told as such, or is undetermined on request")
    func reliability() throws {
        // Three languages, none of which has most of the text.
        let unclear = Self.mixed + " Je veux être remboursé, les chaussures sont cassées."
        let told = try language(of: unclear)
        #expect(told.contains(#""reliable":false,"share":0."#) && !told.contains("und"))
        let strict = try language(of: unclear, ["reliable_only": true])
        #expect(strict.hasPrefix(#"{"code":"und","reliable":false,"share":0.0,"#))
        #expect(
            try language(of: Self.german, ["reliable_only": true]).hasPrefix(#"{"code":"de""#))
    }

    @Test("a language with less than the minimum share is undetermined")
    func share() throws {
        #expect(try language(of: Self.mixed).hasPrefix(#"{"code":"de""#))
        #expect(try language(of: Self.mixed, ["minimum_share": 0.5]).hasPrefix(#"{"code":"de""#))
        #expect(try language(of: Self.mixed, ["minimum_share": 0.9]).hasPrefix(#"{"code":"und""#))
        #expect(try language(of: Self.german, ["minimum_share": 0.9]).hasPrefix(#"{"code":"de""#))
    }

    @Test("'sentiment' reads what is in its languages, and what is undetermined")
    func sentiment() throws {
        func node(_ spec: OperatorSpec, _ settings: Setting) throws -> Topology.Node {
            Topology.Node(
                name: spec.name, spec: spec, definition: try makeDefinition(spec, settings),
                inputs: [])
        }
        let rig = try OperatorRig([
            try node(LanguageOperator.spec, ["reliable_only": true]),
            try node(SentimentOperator.spec, ["language_field": "language.code"]),
        ])
        func opinion(_ text: String) throws -> String { try rig.values(#"{"text":"\#(text)"}"#)[0] }
        #expect(try opinion("I love these shoes, great service").contains(#""label":"positive""#))
        #expect(try opinion(Self.german).contains(#""label":"no_opinion","reason":"language""#))
        let short = try opinion("great")
        #expect(short.contains(#""code":"und""#) && short.contains(#""label":"positive""#))
    }

    @Test("a text allocates no more than the library does for it", .enabled(if: isOptimised))
    func allocations() throws {
        let rig = try rig()
        let value = Array(#"{"text":"\#(Self.german)"}"#.utf8)
        let text = Array(Self.german.utf8)
        func round() throws { #expect(try rig.pipeMany(value) == 200) }
        for _ in 0..<3 { try round() }
        let detector = try LanguageDetector()
        let own = mallocs {
            for _ in 0..<200 {
                unsafe text.withUnsafeBytes { _ = unsafe detector.detect($0) }
            }
        }
        // `#expect` allocates a little of its own.
        let all = try mallocs { for _ in 0..<10 { try round() } }
        #expect(all <= 10 * own + 200, "\(all) allocations, \(own) of the library for a tenth")
    }

    @Test("mistakes are told with what to do")
    func mistakes() {
        #expect(
            problems(of: LanguageOperator.spec, ["engine": "cld3"]) == [
                "'engine' can't be 'cld3'; did you mean 'cld2'?"
            ])
        #expect(
            problems(of: LanguageOperator.spec, ["minimum_share": "much"]) == [
                "'minimum_share' must be a number, not a string"
            ])
    }
}

@Suite("language without its library", .enabled(if: !LanguageDetector.isAvailable, "it is there"))
struct MissingLanguageTests {
    @Test("a build without CLD2 refuses the operator and says what to install")
    func refused() {
        #expect(
            problems(of: LanguageOperator.spec, [:]) == [
                "'language' can't be used: this build of Millrace has no CLD2; install the Debian "
                    + "package 'libcld2-dev', run 'swift package purge-cache' and build again"
            ])
    }
}
