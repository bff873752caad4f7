import Linkage
import Testing

@Suite("Linkage")
struct LinkageTests {
    @Test(
        "Jaro-Winkler is what Winkler's table says",
        arguments: [
            ("martha", "marhta", 0.9611), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.8133),
            ("jones", "johnson", 0.8323), ("abroms", "abrams", 0.9222), ("same", "same", 1),
            ("abc", "xyz", 0), ("", "a", 0),
        ])
    func jaroWinkler(_ a: String, _ b: String, expected: Double) {
        let found = TextSimilarity.jaroWinkler(Array(a.utf8), Array(b.utf8))
        #expect(abs(found - expected) < 5e-4)
        #expect(found == TextSimilarity.jaroWinkler(Array(b.utf8), Array(a.utf8)))
    }

    @Test(
        "edits are counted up to a limit",
        arguments: [
            ("kitten", "sitting", 3), ("19710624", "19710642", 1), ("abc", "acb", 1), ("", "ab", 2),
            ("abcdef", "uvwxyz", 4), ("a", "abcdefgh", 4),
        ])
    func edits(_ a: String, _ b: String, expected: Int) {
        #expect(TextSimilarity.edits(Array(a.utf8), Array(b.utf8), limit: 3) == expected)
    }

    @Test(
        "values are compared as what they are",
        arguments: [
            (LinkageField.Kind.date, "1971-06-24", "24.06.1971", 3),
            (.date, "1971-06-24", "19710624", 0), (.date, "1971-06-04", "1971-04-06", 1),
            (.date, "1971-06-24", "1971-06-25", 1), (.date, "1971-06-24", "1971-07-25", 2),
            (.email, "a.b@x.de", "A.B@y.com", 1), (.email, "anna@x.de", "ben@shop.com", 3),
            (.name, "Robert ", "robert", 0), (.name, "robert", "roberto", 1),
            (.code, "4011", "4012", 1), (.text, "main street", "high road", 3),
        ])
    func levels(_ kind: LinkageField.Kind, _ a: String, _ b: String, expected: Int) throws {
        let x = try #require(kind.normalized(a.utf8))
        let y = try #require(kind.normalized(b.utf8))
        #expect(kind.level(x, y) == expected)
    }

    @Test("what is missing says nothing, and a rare value says more than a common one")
    func evidence() {
        let fields = [
            LinkageField(name: "n", kind: .name), LinkageField(name: "t", kind: .text),
        ]
        var records: [(name: String, values: [String?])] = (0..<40).map {
            ("x\($0)", ["miller", "town\($0)"])
        }
        records += [("a", ["miller", nil]), ("b", ["miller", nil]), ("c", ["quux", nil])]
        records += [("d", ["quux", nil]), ("e", [nil, nil])]
        let prepared = LinkageRecords(records, fields: fields)
        var linkage = RecordLinker(LinkageModel(fields: fields, prior: 0.01), prepared)
        func weight(_ a: String, _ b: String) -> Double {
            linkage.weight(
                prepared.names.firstIndex(of: a) ?? 0, prepared.names.firstIndex(of: b) ?? 0)
        }
        #expect(weight("c", "d") > weight("a", "b") + 2)
        #expect(abs(weight("a", "e") - weight("c", "e")) < 1e-9)
        #expect(weight("a", "c") < weight("a", "e"))
    }

    @Test("names that stand in each other's columns are no disagreement")
    func swapped() {
        let fields = [
            LinkageField(name: "f", kind: .name), LinkageField(name: "l", kind: .name),
        ]
        let records = LinkageRecords(
            [("a", ["anna", "peters"]), ("b", ["peters", "anna"]), ("c", ["otto", "klein"])],
            fields: fields)
        var levels: [Int8] = [0, 0]
        records.levels(0, 1, of: fields, into: &levels)
        #expect(levels == [3, 3])
        records.levels(0, 2, of: fields, into: &levels)
        #expect(levels == [4, 4])
    }

    @Test("people who were written down several times are found again")
    func people() {
        let people = People(300, seed: 5)
        let found = people.clusters(of: people.records)
        let wanted = Set(
            Dictionary(grouping: people.records.map(\.name), by: { people.truth[$0] ?? "" })
                .values.map { Set($0) })
        let share = Double(found.intersection(wanted).count) / Double(wanted.count)
        #expect(share > 0.95)
    }

    @Test("a thousand random orders of the records give the same clusters")
    func anyOrder() {
        let people = People(24, seed: 9)
        var random = SeededGenerator(seed: 1)
        let first = people.clusters(of: people.records)
        #expect(first.contains { $0.count > 1 })
        for _ in 0..<1000 {
            #expect(people.clusters(of: people.records.shuffled(using: &random)) == first)
        }
    }

    @Test("a chain of likely pairs does not join what is unlike at its ends")
    func chain() {
        let fields = (0..<3).map { LinkageField(name: "f\($0)", kind: .code) }
        // Each shares two of three values with the next, and none with those further off.
        let records = LinkageRecords(
            [
                ("a", ["111111", "222222", "333333"]), ("b", ["111111", "222222", "999999"]),
                ("c", ["111111", "888888", "999999"]), ("d", ["777777", "888888", "999999"]),
            ], fields: fields)
        var linkage = RecordLinker(LinkageModel(fields: fields, prior: 0.2), records)
        let clusters = linkage.clusters()
        #expect(clusters[0] == clusters[1])
        #expect(clusters[0] != clusters[3])
    }

    @Test("a model is estimated from what the records show, and one that can't be used says so")
    func models() throws {
        let people = People(300, seed: 6)
        let records = LinkageRecords(people.records, fields: People.fields)
        let model = Estimation.estimate(LinkageModel(fields: People.fields), from: records)
        #expect(model.problem == nil)
        // One value in ten has a mistake, and one in nine of those that are there: both right in
        // 79 of 100 pairs.
        for field in model.fields { #expect(abs(field.matches[0] - 0.79) < 0.12, "\(field)") }
        #expect(LinkageModel(fields: []).problem == "it has no fields")
        #expect(
            LinkageModel(fields: People.fields, prior: 1).problem
                == "'prior' is not between 0 and 1")
    }

    @Test("scores count pairs")
    func scores() {
        let score = LinkageScore(clusters: [0, 0, 0, 1, 1], truth: ["a", "a", "b", "b", "b"])
        #expect((score.found, score.right, score.wanted) == (4, 2, 4))
        #expect(score.f1 == 0.5)
        let pairs = LinkageScore(pairs: [(0, 1), (1, 2)], truth: ["a", "a", "b"])
        #expect((pairs.found, pairs.right, pairs.wanted) == (2, 1, 1))
    }
}
