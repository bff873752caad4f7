import Sentiment
import Testing

/// The rules of VADER on a lexicon of a few words; `scripts/sentiment-parity` compares whole texts
/// with the reference implementation and its lexicon.
@Suite("VADER")
struct VaderAnalyzerTests {
    private static let lexicon = """
        good\t1.9\t0.9\t[2, 1]
        great\t3.1
        bad\t-2.5
        terrible\t-2.1
        no\t-1.2
        problems\t-1.7
        love\t3.2
        :)\t2.0
        kind\t2.4
        shit\t-2.6
        happy\t2.7
        smiling\t2.0
        bomb\t-2.2
        die\t-2.9
        worst\t-3.1

        """
    private static let emoji = "😀\thappy face\r\n☺\tsmiling face\n👍🏽\tthumbs up\n"

    private func analyzer() throws -> VaderAnalyzer {
        try VaderAnalyzer(lexicon: try ValenceLexicon(Self.lexicon), emoji: Self.emoji)
    }

    @Test(
        "a text has the scores of the reference implementation, release 3.3.2",
        arguments: [
            ("good", 0.4404, 1.0, 0.0, 0.0),
            ("It is GOOD today", 0.5622, 0.548, 0.452, 0.0),
            ("it was good!!!!!", 0.6209, 0.67, 0.33, 0.0),
            ("is it good???", 0.533, 0.632, 0.368, 0.0),
            ("very good", 0.4927, 0.762, 0.238, 0.0),
            ("VERY good stuff", 0.6028, 0.663, 0.337, 0.0),
            ("not good", -0.3412, 0.0, 0.294, 0.706),
            ("not very good", -0.3865, 0.0, 0.433, 0.567),
            ("never so good", 0.5777, 0.652, 0.348, 0.0),
            ("never this good", 0.5228, 0.628, 0.372, 0.0),
            ("without doubt good", 0.4404, 0.592, 0.408, 0.0),
            ("it is the least good", -0.3412, 0.0, 0.624, 0.376),
            ("at least good", 0.4404, 0.592, 0.408, 0.0),
            ("no problems", 0.3089, 0.693, 0.307, 0.0),
            ("no good or bad", 0.1139, 0.393, 0.276, 0.332),
            ("good but bad", -0.5859, 0.253, 0.13, 0.617),
            ("bad but good and good", 0.7543, 0.644, 0.167, 0.188),
            ("the shit was good", 0.1027, 0.417, 0.208, 0.375),
            ("this is the shit yes", 0.6124, 0.5, 0.5, 0.0),
            ("to die for a good one", -0.25, 0.269, 0.37, 0.361),
            ("it is kind of good", 0.3832, 0.395, 0.605, 0.0),
            ("he was kind of a good man", 0.4404, 0.326, 0.674, 0.0),
            ("sort of really good thing", 0.4404, 0.42, 0.58, 0.0),
            ("just enough good", 0.4404, 0.592, 0.408, 0.0),
            ("😀", 0.5719, 0.787, 0.213, 0.0),
            ("x😀y ok", 0.5719, 0.552, 0.448, 0.0),
            ("good☺", 0.7096, 0.855, 0.145, 0.0),
            ("isn't good", -0.3412, 0.0, 0.294, 0.706),
            ("AIN'T good", -0.3412, 0.0, 0.294, 0.706),
            ("GOOD", 0.4404, 1.0, 0.0, 0.0),
            ("", 0.0, 0.0, 0.0, 0.0),
            ("   ", 0.0, 0.0, 0.0, 0.0),
            ("...", 0.0, 0.0, 1.0, 0.0),
            ("(good)", 0.4404, 1.0, 0.0, 0.0),
            ("\"good\"", 0.4404, 1.0, 0.0, 0.0),
            ("it's the bomb bad ass", -0.1779, 0.287, 0.345, 0.368),
            (":)", 0.4588, 1.0, 0.0, 0.0),
            (":) :)", 0.7184, 1.0, 0.0, 0.0),
            ("the worst but not bad though good", -0.2225, 0.281, 0.298, 0.421),
            ("so so so good good good", 0.9006, 0.786, 0.214, 0.0),
            ("barely good", 0.3832, 0.723, 0.277, 0.0),
            ("NOT good NOT bad", -0.5824, 0.0, 0.295, 0.705),
        ])
    func scores(
        _ text: String, compound: Double, positive: Double, neutral: Double, negative: Double
    ) throws {
        let opinion = try analyzer().analyze(text)
        #expect(abs(opinion.compound - compound) < 1e-4)
        #expect(abs(opinion.positive - positive) < 6e-4)
        #expect(abs(opinion.neutral - neutral) < 6e-4)
        #expect(abs(opinion.negative - negative) < 6e-4)
    }

    @Test("a text without a word of the lexicon has no opinion")
    func noOpinion() throws {
        #expect(try analyzer().analyze("the parcel is here").label == .none)
        #expect(try analyzer().analyze("").label == .none)
        #expect(try analyzer().analyze("good").label == .positive)
        #expect(try analyzer().analyze("bad").label == .negative)
    }

    @Test("what stands behind the 4,096th word is not read")
    func longText() throws {
        let words = Array(repeating: "word", count: 4095)
        let analyzer = try analyzer()
        #expect(analyzer.analyze((words + ["good"]).joined(separator: " ")).compound > 0)
        #expect(analyzer.analyze((words + ["a", "good"]).joined(separator: " ")).compound == 0)
    }

    @Test("a lexicon that can't be used is refused with its line")
    func badLexicon() {
        func problem(_ text: String) -> String {
            do throws(LexiconError) {
                _ = try ValenceLexicon(text)
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(problem("good\t1\nbad -1\n") == "line 2: it is no word, a tab and its valence")
        #expect(problem("good\t1\n\nbad\tx\n") == "line 3: the valence 'x' is no number")
        #expect(problem("good\tinf") == "line 1: the valence 'inf' is no number")
        #expect(problem("\n") == "line 1: the lexicon is empty")
        #expect(throws: LexiconError.self) {
            try VaderAnalyzer(lexicon: ValenceLexicon("good\t1"), emoji: "😀 happy")
        }
    }
}
