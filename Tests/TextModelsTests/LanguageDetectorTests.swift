import Foundation
import Testing
import TextModels

@Suite(
    "Language detector", .enabled(if: LanguageDetector.isAvailable, "needs libcld2-dev"))
struct LanguageDetectorTests {
    private static let messages: [(code: String, text: String)] = [
        ("en", "Where is my parcel?"),
        ("en", "I want my money back, the shoes are broken."),
        ("de", "Wo ist mein Paket?"),
        ("de", "Ich möchte mein Geld zurück, die Schuhe sind kaputt."),
        ("fr", "Où est mon colis ?"),
        ("fr", "Je veux être remboursé, les chaussures sont cassées."),
        ("es", "¿Dónde está mi paquete?"),
        ("es", "Quiero que me devuelvan el dinero, los zapatos están rotos."),
        ("it", "Dov'è il mio pacco?"),
        ("it", "Rivoglio i miei soldi, le scarpe sono rotte."),
        ("nl", "Waar is mijn pakket?"),
        ("nl", "Ik wil mijn geld terug, de schoenen zijn kapot."),
        ("pt", "Onde está a minha encomenda?"),
        ("pt", "Quero o meu dinheiro de volta, os sapatos estão partidos."),
        ("pl", "Gdzie jest moja paczka?"),
        ("pl", "Chcę zwrotu pieniędzy, buty są zepsute."),
        ("he", "איפה החבילה שלי? אני מחכה כבר שבוע"), ("ja", "日本語のテキスト"),
    ]

    @Test("a sentence of a support message is enough", arguments: messages)
    func sentence(code: String, text: String) throws {
        let language = try LanguageDetector().detect(text)
        #expect(language.code == code)
        #expect(language.isKnown && language.isReliable)
        #expect(language.share > 0.9 && language.share <= 1)
    }

    @Test(
        "a text without words is of unknown language",
        arguments: ["", " ", "\n", "😀😀👍", "4711", "?!", "\u{0}"])
    func noWords(_ text: String) throws {
        #expect(try LanguageDetector().detect(text) == .unknown)
    }

    @Test("bytes that are not UTF-8 are of unknown language")
    func invalid() throws {
        let detector = try LanguageDetector()
        let text = Array("Ich möchte mein Geld zurück, die Schuhe sind kaputt. ".utf8)
        var random = Seeded(state: 5)
        for invalid: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98], [0x80]] {
            for bytes in [invalid, text + invalid, invalid + text] {
                #expect(detector.detect(bytes) == .unknown)
            }
        }
        for _ in 0..<2000 {
            let length = Int.random(in: 40...300, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(detector.detect(bytes) == .unknown)
        }
    }

    @Test("emoji and control characters between words do not matter")
    func mixed() throws {
        let language = try LanguageDetector().detect("😀 Wo ist\u{1} mein \u{0}Paket? 👍")
        #expect(language.code == "de")
    }

    @Test("of a text in two languages the larger share counts")
    func share() throws {
        let language = try LanguageDetector().detect(
            "Ich möchte mein Geld zurück, die Schuhe sind kaputt und viel zu klein für mich. "
                + "Please answer me in English, I want my money back.")
        #expect(language.code == "de")
        #expect(language.share > 0.5 && language.share < 0.9)
    }

    @Test("a megabyte is judged by its start, cut between characters")
    func large() throws {
        let detector = try LanguageDetector()
        var words = ""
        for index in 0..<70_000 {
            words += ["Wir wollen ", "heute lieber ", "keine Schuhe ", "mehr kaufen "][index % 4]
            words += "\(index) "
        }
        #expect(words.utf8.count > 1_000_000)
        #expect(detector.detect(words).code == "de")
        // Each place of the cut within a character of four bytes.
        for length in 16_380...16_385 {
            #expect(detector.detect(words.prefix(length) + "😀" + words).code == "de")
        }
    }

    @Test("the version is the date of the tables")
    func version() {
        #expect(LanguageDetector.version.count == 8)
        #expect(LanguageDetector.version.allSatisfy { $0.isNumber })
    }

    @Test("many threads share one detector")
    func concurrency() throws {
        let detector = try LanguageDetector()
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<500 {
                for (code, text) in Self.messages {
                    #expect(detector.detect(text).code == code)
                }
            }
        }
    }
}

extension LanguageDetector {
    fileprivate func detect(_ bytes: [UInt8]) -> Language {
        unsafe bytes.withUnsafeBytes { unsafe detect($0) }
    }
}
