import Events
import Foundation
import Linkage
import Operators
import StreamCore
import Testing

/// Profiles that have no identifier in common, linked by what events say of the person.
@Suite("link: likeness")
struct LinkLikenessTests {
    private static let settings: Setting = [
        "identifiers": [
            "user": ["field": "user", "unique": true],
            "email": ["field": "email", "form": "email", "limit": 2],
            "phone": ["field": "phone", "form": "phone", "country": "49", "limit": 2],
            "device": ["field": "device", "limit": 3],
        ],
        "likeness": ["model": "m", "link_above": .number("0.95"), "review_above": .number("0.3")],
    ]

    private static func plan() throws -> TopologyPlan {
        try LinkRig.plan(settings, files: ["m": LikenessOracle.model])
    }

    private static func comparer() throws -> LinkageComparer {
        LinkageComparer(
            try JSONDecoder().decode(LinkageModel.self, from: Data(LikenessOracle.model.utf8)))
    }

    /// A few people who are alike, with identifiers that meet by chance.
    private static func history(
        _ count: Int, using random: inout SeededGenerator
    ) -> [PersonEvent] {
        let pools: [(String, [String])] = [
            ("given", ["anna", "anne", "otto", "ottokar"]),
            ("family", ["klein", "kleinert", "petersen", "peters"]),
            ("born", ["19800101", "19800102", "19710312"]),
        ]
        return (0..<count).map { _ in
            var identifiers: [String: String] = [:]
            for (type, size, make) in [
                ("user", 4, { "u\($0)" }), ("email", 5, { "p\($0)@shop.de" }),
                ("device", 7, { "d\($0)" }),
            ] as [(String, Int, (Int) -> String)] where Int.random(in: 0..<3, using: &random) == 0 {
                identifiers[type] = make(Int.random(in: 0..<size, using: &random))
            }
            var person: [String: String] = [:]
            for (field, values) in pools where Int.random(in: 0..<5, using: &random) > 0 {
                person[field] = values.randomElement(using: &random)
            }
            return PersonEvent(
                identity: IdentityEvent(Int64.random(in: 1...20, using: &random), identifiers),
                person: person)
        }
    }

    @Test("profiles and reviews are those that a search through all events gives, in any order")
    func anyOrder() throws {
        var random = SeededGenerator(seed: 12)
        let plan = try Self.plan()
        let comparer = try Self.comparer()
        let (link, review) = (
            LinkageComparer.weight(ofProbability: 0.95), LinkageComparer.weight(ofProbability: 0.3)
        )
        var (linked, asked) = (0, 0)
        for round in 0..<60 {
            let events = Self.history(Int.random(in: 2...18, using: &random), using: &random)
            let oracle = LikenessOracle(events, comparer, link: link, review: review)
            linked += ProfileOracle(events.map(\.identity)).profiles == oracle.profiles ? 0 : 1
            asked += oracle.reviews.count
            var states: Set<[String]> = []
            for _ in 0..<17 {
                let storage = InMemoryStateStorage()
                let rig = try LinkRig(plan: plan, storage: storage)
                for event in events.shuffled(using: &random) {
                    try rig.send(event.json, at: event.identity.time)
                }
                #expect(rig.members == oracle.profiles, "round \(round): \(events)")
                #expect(rig.openReviews == oracle.reviews, "round \(round): \(events)")
                try rig.driver.commit()
                rig.driver.close()
                states.insert(try LinkOrderTests.state(storage, plan))
            }
            #expect(states.count == 1, "round \(round): \(events)")
        }
        // The histories have something to link and to ask.
        #expect(linked > 20 && asked > 20, "\(linked) \(asked)")
    }

    private static let codes = """
        {"prior": 0.02, "fields": [
          {"name": "plate", "kind": "code", "matches": [0.6, 0.35, 0.03, 0.02],
           "nonMatches": [0.001, 0.002, 0.01, 0.987]},
          {"name": "tax", "kind": "code", "matches": [0.6, 0.35, 0.03, 0.02],
           "nonMatches": [0.001, 0.002, 0.01, 0.987]},
          {"name": "city", "kind": "text", "matches": [0.8, 0.1, 0.05, 0.05],
           "nonMatches": [0.2, 0.1, 0.1, 0.6]}
        ]}
        """

    private static func codeRig() throws -> LinkRig {
        let settings: Setting = [
            "identifiers": [
                "email": ["field": "email", "limit": 5], "card": ["field": "card"],
            ],
            "likeness": [
                "model": "m", "link_above": .number("0.9"), "review_above": .number("0.8"),
            ],
        ]
        return try LinkRig(plan: try LinkRig.plan(settings, files: ["m": codes]))
    }

    @Test("one description finds another and a second one is like it, whichever came last")
    func foundByAnother() throws {
        let events = [
            #"{"email":"a@x","tax":"777777","city":"bremen"}"#,
            #"{"email":"a@x","plate":"xb12345","tax":"x98765"}"#,
            #"{"card":"4711","plate":"yb12345","tax":"y98765","city":"bremen"}"#,
        ]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let rig = try Self.codeRig()
            for place in order { try rig.send(events[place], at: 1) }
            #expect(rig.profiles.count == 1, "\(order)")
        }
    }

    @Test("what was found by a description that has no room any more is not found, in any order")
    func foundByDropped() throws {
        let dropped = #"{"email":"a@x","plate":"kkkkkkkkkkk","city":"bremen"}"#
        let events = [
            #"{"email":"a@x","plate":"xb12345","tax":"x98765"}"#,
            #"{"card":"4711","plate":"yb12345","tax":"y98765","city":"bremen"}"#,
        ]
        let others = (0..<7).map { #"{"email":"a@x","tax":"q\#($0)","city":"c\#($0)"}"# }
        var found: Set<Int> = []
        for order in [
            [dropped] + events + others, others + [dropped] + events, others + events + [dropped],
        ] {
            let rig = try Self.codeRig()
            for event in order { try rig.send(event, at: 1) }
            found.insert(rig.profiles.count)
        }
        #expect(found.count == 1, "\(found)")
    }

    @Test("a review of somebody who is forgotten is deleted, and not left open")
    func forgottenReview() throws {
        var settings = Self.settings
        if case .map(let entries) = settings { settings = .map(entries + [("retention", "48h")]) }
        let rig = try LinkRig(plan: LinkRig.plan(settings, files: ["m": LikenessOracle.model]))
        let hour: Int64 = 3_600_000
        try rig.send(
            #"{"email":"a@shop.de","given":"anna","family":"petersen"}"#, at: hour)
        let person = #"{"user":"u1","given":"anne","family":"petersen"}"#
        var deleted: [DriverRecord] = []
        for step in 0..<12 {
            let time = hour * Int64(2 + 8 * step)
            deleted += try rig.send(person, at: time).filter {
                $0.topic == "review" && $0.value == nil
            }
            if step == 0 { #expect(rig.openReviews.count == 1) }
        }
        #expect(deleted.count == 1)
        #expect(rig.openReviews.isEmpty)
    }

    private static let root = ProcessInfo.processInfo.environment["MILLRACE_CONFORMANCE_DATA"]

    @Test(
        "as events come, the people of a file are found as well as over the whole file",
        .enabled(if: root != nil, "set MILLRACE_CONFORMANCE_DATA to run it"))
    func people() throws {
        let folder = try #require(Self.root)
        let lines = try String(contentsOfFile: "\(folder)/linkage/fake_1000.csv", encoding: .utf8)
            .split(separator: "\n")
        let names = ["first_name", "surname", "dob", "city", "email"]
        let rows = lines.dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let kinds: [LinkageField.Kind] = [.name, .name, .date, .text, .email]
        let fields = zip(names, kinds).map { LinkageField(name: $0, kind: $1) }
        let records = LinkageRecords(
            rows.map { row in (row[0], (1...5).map { row[$0].isEmpty ? nil : row[$0] }) },
            fields: fields)
        // No label is looked at.
        let model = Estimation.estimate(LinkageModel(fields: fields), from: records)
        let text = String(decoding: try JSONEncoder().encode(model), as: UTF8.self)
        let settings: Setting = [
            "identifiers": ["device": ["field": "id", "limit": 1000]],
            "likeness": [
                "model": "m", "link_above": .number("0.5"), "review_above": .number("0.5"),
            ],
        ]
        let rig = try LinkRig(plan: try LinkRig.plan(settings, files: ["m": text]))
        var random = SeededGenerator(seed: 4)
        for row in rows.shuffled(using: &random) {
            let values = zip(names, row[1...]).filter { !$0.1.isEmpty }
                .map { "\"\($0.0)\":\"\($0.1)\"" }
            try rig.send("{\"id\":\"r\(row[0])\",\(values.joined(separator: ","))}", at: 1)
        }
        var clusters: [String: Int] = [:]
        for (number, members) in rig.members.enumerated() {
            for member in members { clusters[member[1]] = number }
        }
        let score = LinkageScore(
            clusters: rows.map { clusters["r\($0[0])"] ?? -1 }, truth: rows.map { $0[6] })
        #expect(score.f1 > 0.93, "F1 \(score.f1)")
    }

    private static let ada = #""given":"Ada","family":"Lovelace","born":"1815-12-10""#

    @Test("who gives the same name and birthday with another address is linked")
    func sameGiven() throws {
        let rig = try LinkRig(plan: try Self.plan())
        try rig.send(#"{"email":"a@shop.de",\#(Self.ada)}"#, at: 1)
        try rig.send(#"{"device":"d1",\#(Self.ada)}"#, at: 2)
        try rig.send(#"{"device":"d2","given":"Adam","family":"Smith","born":"17230616"}"#, at: 3)
        #expect(
            rig.members == [[["email", "a@shop.de"], ["device", "d1"]], [["device", "d2"]]])
        // What was never a profile of its own is not merged.
        #expect(rig.changes.isEmpty && rig.reviews.isEmpty)
    }

    @Test("two profiles that turn out to be described alike are merged")
    func alikeLater() throws {
        let rig = try LinkRig(plan: try Self.plan())
        let first = try rig.send(IdentityEvent(1, ["email": "a@shop.de"]))
        try rig.send(#"{"device":"d1",\#(Self.ada)}"#, at: 2)
        try rig.send(#"{"email":"a@shop.de",\#(Self.ada)}"#, at: 3)
        #expect(rig.members == [[["email", "a@shop.de"], ["device", "d1"]]])
        #expect(rig.changes.count == 1 && rig.changes[0].contains(first!))
    }

    @Test("what a profile may not have two of is not linked by likeness, and nobody is asked")
    func veto() throws {
        let rig = try LinkRig(plan: try Self.plan())
        try rig.send(#"{"user":"u1",\#(Self.ada)}"#, at: 1)
        try rig.send(#"{"user":"u2",\#(Self.ada)}"#, at: 2)
        #expect(rig.members == [[["user", "u1"]], [["user", "u2"]]])
        #expect(rig.reviews.isEmpty)
    }

    @Test("a pair that may be one goes to review, and a decision settles it")
    func review() throws {
        let rig = try LinkRig(plan: try Self.plan())
        try rig.send(#"{"email":"a@shop.de","given":"anna","family":"klein"}"#, at: 1)
        try rig.send(#"{"email":"b@shop.de","given":"anna","family":"klein"}"#, at: 2)
        let (a, b) = (("email", "a@shop.de"), ("email", "b@shop.de"))
        let opened = try #require(rig.reviews.values.first)
        #expect(
            opened.contains(
                #""fields":{"given":"same","family":"same","born":"missing"}}"#), "\(opened)")
        #expect(
            opened.contains(#""a":{"type":"email","value":"a@shop.de","profile_id":""#), "\(opened)"
        )
        #expect(rig.openReviews == [[["email", "a@shop.de"], ["email", "b@shop.de"]]])
        let before = rig.profiles
        try rig.decide("must_link", a, b)
        #expect(rig.members.count == 1 && rig.openReviews.isEmpty)
        try rig.decide("withdraw", a, b)
        #expect(rig.profiles == before && rig.openReviews.count == 1)
        try rig.decide("cannot_link", a, b)
        #expect(rig.profiles == before && rig.openReviews.isEmpty)
        // More that is the same is no reason to ask again, nor to link.
        try rig.send(
            #"{"email":"a@shop.de","given":"anna","family":"klein","born":"19800101"}"#, at: 3)
        try rig.send(
            #"{"email":"b@shop.de","given":"anna","family":"klein","born":"19800101"}"#, at: 4)
        #expect(rig.members.count == 2 && rig.openReviews.isEmpty)
    }

    @Test("an event that says nothing new changes nothing")
    func nothingNew() throws {
        let rig = try LinkRig(plan: try Self.plan())
        let event = #"{"email":"a@shop.de",\#(Self.ada)}"#
        #expect(try rig.send(event, at: 1).map(\.topic) == ["out", "profiles"])
        #expect(try rig.send(event, at: 2).map(\.topic) == ["out"])
    }

    @Test("who is forgotten is not found by likeness any more, and nothing of them is left")
    func forgotten() throws {
        let storage = InMemoryStateStorage()
        let plan = try LinkRig.plan(Self.settings, files: ["m": LikenessOracle.model]) {
            ErasingDefinition(wrapped: $0, report: 4)
        }
        let rig = try LinkRig(plan: plan, storage: storage)
        try rig.send(#"{"email":"a@shop.de",\#(Self.ada)}"#, at: 1)
        try rig.send(#"{"email":"b@shop.de","given":"Otto","family":"Klein"}"#, at: 1)
        #expect(try rig.erase("a@shop.de") == [1])
        try rig.driver.commit()
        rig.driver.close()
        let left = try LinkOrderTests.state(storage, plan).joined()
        #expect(left.contains("b@shop.de") && left.contains("otto"))
        #expect(!left.contains("a@shop.de") && !left.contains("lovelace"))
        let later = try LinkRig(plan: plan, storage: storage)
        try later.send(#"{"device":"d1",\#(Self.ada)}"#, at: 3)
        #expect(later.members == [[["device", "d1"]]])
    }

    @Test("a model or a setting that can't be used is refused with what to do")
    func mistakes() throws {
        func problem(_ likeness: Setting, _ model: String = LikenessOracle.model) -> String {
            do {
                _ = try makeDefinition(
                    LinkOperator.spec,
                    ["identifiers": ["user": ["field": "user"]], "likeness": likeness],
                    files: ["m": model])
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(problem(["model": "m"]) == "")
        #expect(problem(["model": "none"]).contains("the model 'none' can't be read"))
        #expect(problem(["model": "m"], "{}").contains("it is none that 'millrace link train'"))
        #expect(
            problem(["model": "m"], #"{"prior":2,"fields":[]}"#).contains("it has no fields"))
        #expect(
            problem(["model": "m", "link_above": .number("0.2")])
                .contains("'review_above' is above 'link_above'"))
        #expect(
            problem(["model": "m", "fields": ["given": "a", "familly": "b", "born": "c"]])
                .contains("the model has no field 'familly'; did you mean 'family'?"))
        #expect(
            problem(["model": "m", "fields": ["given": "a", "family": "b"]])
                .contains("'fields' does not say where 'born' of the model is"))
    }
}

extension LinkRig {
    /// The pairs that people are asked about, as `.review` told them.
    var openReviews: Set<Set<ProfileOracle.Identifier>> {
        Set(
            reviews.values.filter { $0.contains(#""status":"open""#) }.map { text in
                let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
                let fields = object as? [String: Any] ?? [:]
                return Set(
                    ["a", "b"].map { side in
                        let side = fields[side] as? [String: Any] ?? [:]
                        return [side["type"] as? String ?? "", side["value"] as? String ?? ""]
                    })
            })
    }
}
