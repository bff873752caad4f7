import Events
import Operators
import StreamCore
import Testing

/// Profiles whose identifiers come to different tasks are, once the stream is quiet, those that one
/// task alone makes of the same events.
@Suite("link: scope global")
struct LinkScopeTests {
    /// The profiles that one task makes of events.
    private static func alone(
        _ events: [IdentityEvent], settings: Setting = LinkRig.settings
    ) throws -> [String: String] {
        let rig = try LinkRig(plan: LinkRig.plan(settings))
        for event in events { try rig.send(event) }
        return rig.profiles.filter { !$0.value.contains("merged_into") }
    }

    @Test(
        "the profiles are those of a search through all events, in whatever order messages come",
        arguments: [false, true])
    func anyOrder(doubles: Bool) throws {
        var random = SeededGenerator(seed: doubles ? 21 : 22)
        let plan = try LinkRig.plan(ShardRig.settings())
        for round in 0..<40 {
            let events = LinkRig.history(Int.random(in: 2...24, using: &random), using: &random)
            let oracle = ProfileOracle(events)
            let alone = try Self.alone(events)
            for order in 0..<13 {
                let rig = try ShardRig(
                    plan: plan, partitions: Int32.random(in: 1...5, using: &random),
                    seed: random.next(), doubles: doubles)
                for event in events.shuffled(using: &random) {
                    rig.send(event)
                    try rig.settle(steps: Int.random(in: 0...6, using: &random))
                }
                try rig.settle()
                #expect(rig.members == oracle.profiles, "round \(round), \(order): \(events)")
                #expect(rig.profiles == alone, "round \(round), \(order): \(events)")
            }
        }
    }

    @Test("hubs link nothing, in both scopes, and in whatever order they become such")
    func hubs() throws {
        var random = SeededGenerator(seed: 23)
        let plan = try LinkRig.plan(ShardRig.settings([("max_links", 3)]))
        guard case .map(let entries) = LinkRig.settings else { return }
        let aloneSettings = Setting.map(entries + [("max_links", 3)])
        let alonePlan = try LinkRig.plan(aloneSettings)
        for round in 0..<60 {
            let events = LinkRig.history(Int.random(in: 6...20, using: &random), using: &random)
            let oracle = ProfileOracle(events, mostLinks: 3)
            for _ in 0..<5 {
                let shuffled = events.shuffled(using: &random)
                let one = try LinkRig(plan: alonePlan)
                for event in shuffled { try one.send(event) }
                #expect(one.members == oracle.profiles, "round \(round): \(shuffled)")
                let rig = try ShardRig(plan: plan, partitions: 3, seed: random.next())
                for event in shuffled {
                    rig.send(event)
                    try rig.settle(steps: Int.random(in: 0...6, using: &random))
                }
                try rig.settle()
                #expect(rig.members == oracle.profiles, "round \(round): \(shuffled)")
            }
        }
    }

    @Test("stewards' decisions hold, whenever they come, and come back out without a trace")
    func decisions() throws {
        var random = SeededGenerator(seed: 24)
        let plan = try LinkRig.plan(ShardRig.settings())
        for round in 0..<60 {
            let events = LinkRig.history(12, using: &random)
            let all = Array(Set(events.flatMap { $0.identifiers.map { [$0.key, $0.value] } }))
                .sorted { $0.lexicographicallyPrecedes($1) }
            guard all.count >= 2 else { continue }
            let pair = Array(all.shuffled(using: &random).prefix(2))
            let (a, b) = ((pair[0][0], pair[0][1]), (pair[1][0], pair[1][1]))
            let rig = try ShardRig(plan: plan, partitions: 4, seed: random.next())
            let place = Int.random(in: 0...events.count, using: &random)
            for event in events[..<place] { rig.send(event) }
            try rig.settle(steps: 5)
            rig.decide("cannot_link", a, b)
            for event in events[place...] { rig.send(event) }
            try rig.settle()
            let apart = ProfileOracle(events, apart: [(pair[0], pair[1])])
            #expect(rig.members == apart.profiles, "round \(round): \(events)")
            rig.decide("must_link", a, b)
            try rig.settle()
            let together = rig.members.first { $0.contains(pair[0]) }
            #expect(together?.contains(pair[1]) == true, "round \(round): \(events)")
            rig.decide("withdraw", a, b)
            try rig.settle()
            #expect(rig.profiles == (try Self.alone(events)), "round \(round): \(events)")
        }
    }

    @Test("a link between people at rest is known everywhere six messages later")
    func staleness() throws {
        var random = SeededGenerator(seed: 26)
        let plan = try LinkRig.plan(ShardRig.settings())
        var most = 0
        for _ in 0..<200 {
            let rig = try ShardRig(plan: plan, partitions: 5, seed: random.next())
            let people: [[String: String]] = [
                ["user": "u1", "device": "d1"], ["email": "p@shop.de", "phone": "+494215550101"],
            ]
            for identifiers in people { rig.send(IdentityEvent(1, identifiers)) }
            try rig.settle()
            let pair = people.map {
                $0.sorted { $0.key < $1.key }.randomElement(using: &random)!
            }
            rig.send(
                IdentityEvent(2, Dictionary(uniqueKeysWithValues: pair.map { ($0.key, $0.value) })))
            most = max(most, try rig.settleInRounds())
            #expect(rig.profiles.count == 1)
        }
        // The event itself comes through two topics.
        #expect(most - 2 == 6)
    }

    @Test("an event has the profile of all that is known, and is keyed by it")
    func events() throws {
        let plan = try LinkRig.plan(ShardRig.settings())
        let rig = try ShardRig(plan: plan, partitions: 5, seed: 1)
        let chain: [[String: String]] = [
            ["device": "d1", "email": "a@shop.de"], ["email": "a@shop.de", "user": "u1"],
            ["user": "u1", "phone": "+494215550101"], ["phone": "+494215550101", "device": "d2"],
        ]
        for (time, identifiers) in chain.enumerated() {
            rig.send(IdentityEvent(Int64(time + 1), identifiers))
        }
        try rig.settle()
        #expect(rig.profiles.count == 1)
        let messages = rig.messageCount
        for device in ["d1", "d2"] { rig.send(IdentityEvent(9, ["device": device])) }
        try rig.settle()
        let last = rig.linked.suffix(2)
        #expect(last.allSatisfy { $0.profile == rig.profiles.keys.first && $0.key == $0.profile })
        // What is known is told nobody; the two are new by themselves.
        rig.send(IdentityEvent(9, ["device": "d1"]))
        rig.send(IdentityEvent(9, chain[3]))
        try rig.settle()
        #expect(rig.messageCount == messages)
        rig.send(IdentityEvent(10, [:]))
        try rig.settle()
        #expect(rig.linked.last?.profile == nil)
    }

    @Test("what is forgotten is nowhere any more, and what it held together falls apart")
    func forgetting() throws {
        var random = SeededGenerator(seed: 25)
        let plan = try LinkRig.plan(ShardRig.settings(), hasControl: true)
        for round in 0..<200 {
            let events = LinkRig.history(14, using: &random)
            let rig = try ShardRig(plan: plan, partitions: 4, seed: random.next())
            for event in events { rig.send(event) }
            try rig.settle()
            let names = rig.members.flatMap(\.self).sorted { $0.lexicographicallyPrecedes($1) }
            guard let name = names.randomElement(using: &random),
                let victim = rig.members.first(where: { $0.contains(name) })
            else { continue }
            rig.forget(name[1])
            try rig.settle()
            #expect(rig.members.allSatisfy { $0.isDisjoint(with: victim) }, "round \(round)")
            // The others are what they are without it.
            let rest = events.map { event in
                IdentityEvent(
                    event.time, event.identifiers.filter { !victim.contains([$0.key, $0.value]) })
            }
            #expect(rig.members == ProfileOracle(rest).profiles, "round \(round): \(events)")
            try rig.commit()
            let state = try rig.state().joined()
            for identifier in victim {
                #expect(
                    !state.contains(identifier.joined(separator: "\0")),
                    "round \(round): \(identifier)")
            }
        }
    }

    @Test("a hub that is forgotten is in the state of nobody who was seen with it, and comes back")
    func forgottenHub() throws {
        let plan = try LinkRig.plan(ShardRig.settings([("max_links", 3)]), hasControl: true)
        for seed in 0..<40 {
            let rig = try ShardRig(plan: plan, partitions: 4, seed: UInt64(seed))
            for user in 0..<8 {
                rig.send(
                    IdentityEvent(Int64(user), ["user": "u\(user)", "email": "wifi@shop.de"]))
                if user % 3 == 0 { try rig.settle() }
            }
            try rig.settle()
            rig.forget("Wifi@Shop.DE")
            try rig.settle()
            #expect(!rig.members.contains { $0.contains(["email", "wifi@shop.de"]) })
            if seed % 2 == 0 {
                try rig.commit()
                #expect(try !rig.state().joined().contains("wifi"), "seed \(seed)")
                continue
            }
            rig.send(IdentityEvent(9, ["user": "u7", "email": "wifi@shop.de"]))
            try rig.settle()
            #expect(
                rig.members.contains([["email", "wifi@shop.de"], ["user", "u7"]]), "seed \(seed)")
        }
    }

    @Test("too many identifiers are not held together, and each stays somebody's")
    func together() throws {
        let plan = try LinkRig.plan(ShardRig.settings([("max_together", 6)]))
        for seed in 0..<10 {
            let rig = try ShardRig(plan: plan, partitions: 3, seed: UInt64(seed))
            var all: Set<[String]> = []
            for number in 0..<20 {
                let phones = [number / 2, (number + 1) / 2].map { "+494215550\(100 + $0)" }
                for phone in phones {
                    rig.send(
                        IdentityEvent(
                            Int64(number), ["email": "p\(number)@shop.de", "phone": phone]))
                    all.formUnion([["email", "p\(number)@shop.de"], ["phone", phone]])
                }
                try rig.settle(steps: 3)
            }
            try rig.settle()
            #expect(rig.members.allSatisfy { $0.count <= 6 })
            #expect(rig.members.reduce(into: Set()) { $0.formUnion($1) } == all)
        }
    }

    @Test("a profile of events without a time is known since nobody knows when")
    func timeless() throws {
        let rig = try LinkRig()
        try rig.driver.pipe(topic: "in", key: nil, value: #"{"user":"u1"}"#, timestamp: nil)
        let profile = rig.driver.takeOutputs().first { $0.topic == "profiles" }?.value
        #expect(profile?.contains(#""first_seen":null"#) == true)
    }

    @Test("one task of all answers a decision that can't be read")
    func badDecision() throws {
        let rig = try ShardRig(
            plan: LinkRig.plan(ShardRig.settings()), partitions: 4, seed: 1)
        rig.decide(#"{"decision":"join"}"#)
        try rig.settle()
        #expect(rig.rejectedCount == 1)
    }

    @Test("likeness needs all descriptions in one task, and is refused")
    func likeness() throws {
        let settings = ShardRig.settings([("likeness", ["model": "m"])])
        do {
            _ = try LinkRig.plan(settings, files: ["m": LikenessOracle.model])
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains("'likeness' compares within a task"))
        }
    }
}
