import Events
import Testing

@Suite("The name that was meant")
struct NearestNameTests {
    private let known = ["parse", "filter", "validate", "sessionize", "gap", "grace"]

    @Test(
        "a slip of the fingers is recognised",
        arguments: [
            ("prase", "parse"), ("pars", "parse"), ("Filter", "filter"),
            ("sesionize", "sessionize"),
            ("gape", "gap"), ("validaet", "validate"),
        ])
    func near(name: String, meant: String) {
        #expect(NearestName.find(name, in: known) == meant)
        #expect(NearestName.remedy(for: name, known: known) == "did you mean '\(meant)'?")
    }

    @Test("a name that is far from all lists them all, in order")
    func far() {
        #expect(NearestName.find("dedup", in: known) == nil)
        #expect(
            NearestName.remedy(for: "dedup", known: known)
                == "known here: filter, gap, grace, parse, sessionize, validate")
    }

    @Test("of equally near names the first in the alphabet is taken, so that texts are stable")
    func ties() {
        #expect(NearestName.find("cat", in: ["bat", "hat", "car"]) == "bat")
        #expect(NearestName.find("cat", in: ["car", "hat", "bat"]) == "bat")
    }

    @Test("without any known name that is what is said")
    func none() {
        #expect(NearestName.remedy(for: "x", known: [String]()) == "none is known here")
    }

    @Test("empty names do not trap")
    func empty() {
        #expect(NearestName.find("", in: ["", "a", "abc"]) == "")
        #expect(NearestName.find("abc", in: [""]) == nil)
    }
}
