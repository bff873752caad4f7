import Sentiment
import Testing

@Suite("the engine millrace")
struct MillraceAnalyzerTests {
    private let analyzer = MillraceAnalyzer()

    @Test(
        "a text is for, against, or neither",
        arguments: [
            ("Great shoes, fast delivery!", Opinion.Label.positive),
            ("The zip broke after two days.", .negative),
            ("No problems at all", .positive),
            ("We had no issues with the return.", .positive),
            ("not the worst", .positive),
            ("The worst shop ever", .negative),
            ("not good", .negative), ("never disappointed", .positive),
            ("It isn't bad", .positive), ("It isn’t good", .negative),
            ("I don't love it", .negative),
            ("no optical viewfinder", .negative), ("too small", .negative),
            ("not big enough", .negative), ("a bit large", .negative),
            ("couldn't be happier", .positive), ("waste of money", .negative),
            ("poor quality", .negative), ("good quality", .positive), ("quality", .positive),
            ("can't wait for the sale", .positive), ("I am still waiting for my parcel", .negative),
            ("soooo goooood", .positive), ("slow/ugly", .negative),
            ("well-made", .positive), ("My order never arrived", .negative),
            ("It does not charge", .negative),
            (":)", .positive), ("😡", .negative), ("❤️", .positive), ("thanks :-(", .neutral),
            ("not :)", .negative), ("bad", .negative), ("😍😍 but late", .positive),
            ("Where is my order 4711?", .none), ("", .none), ("the the the", .none),
            ("Wo ist meine Bestellung", .none), ("注文はどこですか", .none), ("looks like a shoe", .none),
            ("I would like to return it?", .negative),
        ])
    func labels(_ text: String, label: Opinion.Label) {
        let opinion = analyzer.analyze(text)
        #expect(opinion.label == label, "\(opinion)")
    }

    @Test("what stands behind 'but' weighs more than what stands in front")
    func contrast() {
        #expect(analyzer.analyze("cheap but terrible").compound < 0)
        #expect(
            analyzer.analyze("slow but great").compound
                > analyzer.analyze("great but slow").compound)
    }

    @Test("words that strengthen and weaken do so, and capitals and marks of degree with them")
    func strength() {
        func compound(_ text: String) -> Double { analyzer.analyze(text).compound }
        #expect(compound("very good") > compound("good"))
        #expect(compound("fairly good") < compound("good"))
        #expect(compound("this is a GOOD shop") > compound("this is a good shop"))
        #expect(compound("is it good?") < compound("it is good"))
    }

    @Test("a long text is as positive as its sentences are, not as it is long")
    func noDrift() {
        let sentence = "The fit is good. The colour is bad. It arrived on time. "
        let short = analyzer.analyze(String(repeating: sentence, count: 3)).compound
        let long = analyzer.analyze(String(repeating: sentence, count: 200)).compound
        #expect(abs(short - long) < 0.1)
        #expect(abs(long) < 0.6)
    }

    @Test("an opinion belongs to the aspect that its clause names")
    func aspects() {
        let analyzer = MillraceAnalyzer(aspects: [
            SentimentAspect(name: "price", terms: ["price", "expensive"]),
            SentimentAspect(name: "delivery", terms: ["delivery", "shipping", "parcel service"]),
            SentimentAspect(name: "fit", terms: ["fit"]),
        ])
        _ = analyzer.analyze("Great price, but the delivery was slow; the parcel service is rude")
        #expect(analyzer.aspects.map(\.aspect) == [0, 1])
        #expect(analyzer.aspects[0].compound > 0.3)
        #expect(analyzer.aspects[1].compound < -0.3)
        _ = analyzer.analyze("expensive")
        #expect(analyzer.aspects.map(\.aspect) == [0])
        #expect(analyzer.aspects[0].compound < 0)
        _ = analyzer.analyze("The delivery is tomorrow")
        #expect(analyzer.aspects.map(\.aspect) == [1])
        #expect(analyzer.aspects[0].compound == 0)
    }

    @Test("a lexicon adds words and replaces those of the engine's own")
    func ownWords() throws {
        let lexicon = try ValenceLexicon("wumpig\t3\ngreat\t-3\nwell cooked\t2\n<o>\t-3\n")
        let analyzer = MillraceAnalyzer(lexicon: lexicon)
        #expect(analyzer.analyze("Wumpig").label == .positive)
        #expect(analyzer.analyze("great").label == .negative)
        #expect(analyzer.analyze("well cooked").label == .positive)
        #expect(analyzer.analyze("<o>").label == .negative)
    }

    @Test(
        "a text that is plainly in another language has no opinion",
        arguments: [
            ("Ich möchte die Schuhe umtauschen, Größe 43 wäre besser. Geht das im Laden?", true),
            ("Merci beaucoup, le remplacement est arrivé ce matin", true),
            ("No me gusta, los zapatos son muy malos", true),
            ("Спасибо большое за помощь", true), ("注文はどこですか もう 待てない です", true),
            ("Great shoes", false), ("Super", false), ("I love the café on Rue de la Paix", false),
            ("The kids die laughing at das Boot", false),
        ])
    func otherLanguages(_ text: String, isOther: Bool) {
        let opinion = analyzer.analyze(text)
        #expect(analyzer.isInOtherLanguage == isOther)
        if isOther { #expect(opinion.label == .none) }
        let other = MillraceAnalyzer(readsEnglishOnly: false)
        _ = other.analyze(text)
        #expect(!other.isInOtherLanguage)
    }

    @Test("whatever the bytes, there is an answer within its bounds")
    func anyBytes() throws {
        let vader = try VaderAnalyzer(
            lexicon: ValenceLexicon("good\t2\nbad\t-2\n"), emoji: "😀\tgood\n")
        let pieces: [[UInt8]] = [
            Array("good ".utf8), Array("not ".utf8), Array("😀".utf8), [0xF0, 0x9F], [0xC3], [0xFF],
            [0xE2, 0x80], Array("’t".utf8), Array("n't".utf8), Array("--".utf8), Array(":)".utf8),
            [0], Array("a-".utf8), Array("GOOOOOD".utf8), Array(".5".utf8), Array("?!".utf8),
        ]
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...12, using: &random)
            let bytes = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            for opinion in [
                unsafe bytes.withUnsafeBytes { unsafe analyzer.analyze($0) },
                unsafe bytes.withUnsafeBytes { unsafe vader.analyze($0) },
            ] {
                #expect(abs(opinion.compound) <= 1)
                #expect((0...1).contains(opinion.confidence))
                let parts = opinion.positive + opinion.neutral + opinion.negative
                #expect(parts == 0 || abs(parts - 1) < 1e-9)
            }
        }
    }
}
