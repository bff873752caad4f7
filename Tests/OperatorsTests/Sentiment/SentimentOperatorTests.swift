import Events
import Operators
import StreamCore
import Testing

@Suite("sentiment")
struct SentimentOperatorTests {
    private static let files = [
        "words.txt": "good\t1.9\nbad\t-2.5\n", "emoji.txt": "😀\tgood mood\n",
        "other.txt": "wumpig\t3\n", "broken.txt": "good 1\n",
    ]

    private func rig(_ settings: Setting = [:]) throws -> OperatorRig {
        try OperatorRig(SentimentOperator.spec, settings, files: Self.files)
    }

    private func problems(_ settings: Setting) -> [String] {
        OperatorsTests.problems(of: SentimentOperator.spec, settings, files: Self.files)
    }

    @Test("a text is tagged with its label, its scores and the version of the lexicon")
    func tagged() throws {
        let value = try rig().values(#"{"text":"Great shoes"}"#)[0]
        let start = #"out {"text":"Great shoes","sentiment":{"label":"positive","compound":0.6"#
        #expect(value.hasPrefix(start))
        let version = value.split(separator: "millrace/").last?.prefix { $0 != "\"" } ?? ""
        #expect(version.count == 16 && version.allSatisfy(\.isHexDigit))
    }

    @Test("'text' and 'into' say where the text is and where the opinion goes")
    func places() throws {
        let rig = try rig(["text": "message.body", "into": "meta.felt"])
        let value = try rig.values(#"{"message":{"body":"awful"},"meta":{"a":1}}"#)[0]
        #expect(value.contains(#""meta":{"a":1,"felt":{"label":"negative""#))
        let failed = try rig.run(#"{"message":{"body":"awful"},"meta":[1]}"#)[0]
        #expect(failed.topic == "failed")
        #expect(failed.headers["millrace.error"] == "field_not_settable")
    }

    @Test(
        "an event without a text goes on as it is",
        arguments: [#"{"a":1}"#, #"{"text":null}"#, #"{"text":5}"#, #"{"text":["good"]}"#])
    func noText(json: String) throws {
        #expect(try rig().values(json) == ["out \(json)"])
    }

    @Test("opinions on aspects are told by their names")
    func aspects() throws {
        let rig = try rig([
            "aspects": ["delivery": ["courier", "parcel service"], "price": "cheap"]
        ])
        let value = try rig.values(#"{"text":"Rude courier, and cheap. Lovely shoes."}"#)[0]
        #expect(value.contains(#""aspects":[{"aspect":"delivery","compound":-0."#))
        #expect(value.contains(#"{"aspect":"price","compound":0."#))
        #expect(try rig.values(#"{"text":"Lovely shoes"}"#)[0].contains(#""aspects":[]"#))
    }

    @Test("a text in a language that is not read has no opinion, and the reason is told")
    func languages() throws {
        let rig = try rig(["language_field": "lang"])
        func label(_ event: String) throws -> String { try rig.values(event)[0] }
        #expect(try label(#"{"text":"great","lang":"en-GB"}"#).contains(#""label":"positive""#))
        #expect(try label(#"{"text":"great","lang":"EN"}"#).contains(#""label":"positive""#))
        #expect(try label(#"{"text":"great"}"#).contains(#""label":"positive""#))
        #expect(try label(#"{"text":"great","lang":"und"}"#).contains(#""label":"positive""#))
        #expect(
            try label(#"{"text":"great","lang":"de"}"#).contains(
                #""sentiment":{"label":"no_opinion","reason":"language","version""#))
        let german = try self.rig(["language_field": "lang", "languages": ["de", "pt-BR"]])
        #expect(try german.values(#"{"text":"super","lang":"de_AT"}"#)[0].contains("compound"))
        #expect(try german.values(#"{"text":"super","lang":"pt-PT"}"#)[0].contains("reason"))
    }

    @Test("the engine vader has the scores of the reference implementation, with its lexicons")
    func vader() throws {
        let rig = try rig([
            "engine": "vader", "lexicon": "words.txt", "emoji_lexicon": "emoji.txt",
        ])
        let value = try rig.values(#"{"text":"not good 😀"}"#)[0]
        #expect(
            value.contains(
                #""sentiment":{"label":"negative","compound":-0.5875,"confidence":"#))
        #expect(value.contains(#""version":"vader/"#))
    }

    @Test("the engine's own lexicon can be added to")
    func ownLexicon() throws {
        let plain = try rig().values(#"{"text":"wumpig"}"#)[0]
        #expect(plain.contains("no_opinion"))
        let richer = try rig(["lexicon": "other.txt"])
        let value = try richer.values(#"{"text":"wumpig"}"#)[0]
        #expect(value.contains(#""label":"positive""#))
        // The version is that of all that decided.
        #expect(plain.suffix(20) != value.suffix(20))
        #expect(try richer.values(#"{"text":"awful"}"#)[0].contains("negative"))
    }

    @Test("a lexicon that changed is used from the next run on")
    func reload() throws {
        func definition(_ text: String) throws -> any OperatorDefinition {
            try makeDefinition(
                SentimentOperator.spec, ["lexicon": "l.txt"], files: ["l.txt": text])
        }
        let first = try definition("wumpig\t3\n")
        #expect(first.reloadedFiles == ["l.txt"])
        let rig = try OperatorRig([
            Topology.Node(
                name: "tested", spec: SentimentOperator.spec, definition: first, inputs: [])
        ])
        #expect(try rig.values(#"{"text":"wumpig"}"#)[0].contains("positive"))
        rig.driver.adopt(["tested": try definition("wumpig\t-3\n")])
        #expect(try rig.values(#"{"text":"wumpig"}"#)[0].contains("negative"))
    }

    @Test("mistakes are told with what to do")
    func mistakes() {
        #expect(
            problems(["engine": "vader"]) == [
                "'lexicon' is missing: VADER's own is not part of Millrace; run 'scripts/setup "
                    + "--lexicons' and name 'lexicons/vader_lexicon.txt', or take 'engine: millrace'"
            ])
        #expect(
            problems(["lexicon": "broken.txt"]) == [
                "the lexicon 'broken.txt' can't be used: line 1: it is no word, a tab and its "
                    + "valence; write an entry a line: its text, a tab, its valence from -4 to 4"
            ])
        #expect(
            problems(["lexicon": "none.txt", "emoji_lexicon": "emoji.txt"]) == [
                "the lexicon 'none.txt' can't be read: no such file",
                "'emoji_lexicon' is only for 'engine: vader'; remove it: the valences of emoji can "
                    + "stand in 'lexicon'",
            ])
        #expect(
            problems([
                "engine": "vader", "lexicon": "words.txt", "emoji_lexicon": "broken.txt",
                "aspects": ["a": "b"],
            ]) == [
                "the lexicon 'broken.txt' can't be used: line 1: it is no emoji, a tab and its "
                    + "description; write an entry a line: an emoji, a tab, its description",
                "'aspects' is only for 'engine: millrace'; remove it",
            ])
        #expect(
            problems(["languages": ["en"]]) == [
                "'languages' is only for 'language_field'; add 'language_field', the field that "
                    + "names the text's language"
            ])
    }
}
