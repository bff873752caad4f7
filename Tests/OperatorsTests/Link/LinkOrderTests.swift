import Events
import Operators
import StreamCore
import Testing

/// Profiles are a function of what was seen, not of the order in which it came.
@Suite("link: order and decisions")
struct LinkOrderTests {
    @Test("the profiles are those that a search through all events gives, whatever their order")
    func anyOrder() throws {
        var random = SeededGenerator(seed: 3)
        let plan = try LinkRig.plan()
        for round in 0..<60 {
            let events = LinkRig.history(Int.random(in: 2...18, using: &random), using: &random)
            let oracle = ProfileOracle(events)
            var texts: Set<String> = []
            // 60 rounds of 17 orders: a thousand, and some more.
            for _ in 0..<17 {
                let rig = try LinkRig(plan: plan)
                for event in events.shuffled(using: &random) { try rig.send(event) }
                #expect(rig.members == oracle.profiles, "round \(round): \(events)")
                texts.insert(rig.profiles.sorted { $0.key < $1.key }.map(\.value).joined())
            }
            #expect(texts.count == 1, "round \(round): \(events)")
        }
    }

    @Test("decisions hold whenever they come, and come back out without a trace")
    func decisions() throws {
        var random = SeededGenerator(seed: 8)
        let plan = try LinkRig.plan()
        for round in 0..<60 {
            let events = LinkRig.history(12, using: &random)
            let all = Array(Set(events.flatMap { $0.identifiers.map { [$0.key, $0.value] } }))
                .sorted { $0.lexicographicallyPrecedes($1) }
            guard all.count >= 2 else { continue }
            let pair = Array(all.shuffled(using: &random).prefix(2))
            let (a, b) = ((pair[0][0], pair[0][1]), (pair[1][0], pair[1][1]))
            let without = ProfileOracle(events)
            let with = ProfileOracle(events, apart: [(pair[0], pair[1])])
            let place = Int.random(in: 0...events.count, using: &random)
            let storage = InMemoryStateStorage()
            let rig = try LinkRig(plan: plan, storage: storage)
            for event in events[..<place] { try rig.send(event) }
            try rig.decide("cannot_link", a, b)
            for event in events[place...] { try rig.send(event) }
            #expect(rig.members == with.profiles, "round \(round)")
            try rig.decide("withdraw", a, b)
            #expect(rig.members == without.profiles, "round \(round)")

            // The state is that of somebody who never decided anything.
            let plainStorage = InMemoryStateStorage()
            let plain = try LinkRig(plan: plan, storage: plainStorage)
            for event in events { try plain.send(event) }
            #expect(plain.profiles == rig.profiles, "round \(round)")
            try rig.driver.commit()
            try plain.driver.commit()
            rig.driver.close()
            plain.driver.close()
            #expect(
                try Self.state(storage, plan) == Self.state(plainStorage, plan), "round \(round)")
        }
    }

    /// Everything that is stored: text where it is some, and the bytes.
    static func state(
        _ storage: InMemoryStateStorage, _ plan: TopologyPlan
    ) throws -> [String] {
        let number = try #require(plan.subtopologies.firstIndex { !$0.stores.isEmpty })
        let stores = plan.subtopologies[number].stores
        let state = try storage.open(
            TaskIdentifier(subtopology: number, partition: 0), stores: stores)
        defer { state.close() }
        var entries: [String] = []
        for store in stores where store.kind == .keyValue {
            try unsafe state.keyValueStore(store.name).forEach { key, value in
                let text = unsafe [key, value].map { unsafe String(decoding: $0, as: UTF8.self) }
                unsafe entries.append("\(store.name) \(text) \(Array(value))")
            }
        }
        return entries
    }

    @Test("a merge that is undone leaves both profiles as they were, byte for byte")
    func unmerge() throws {
        let storage = InMemoryStateStorage()
        let rig = try LinkRig(storage: storage)
        try rig.send(IdentityEvent(1, ["user": "u1", "email": "a@shop.de"]))
        try rig.send(IdentityEvent(2, ["phone": "+494215550101", "device": "d1"]))
        let before = rig.profiles
        #expect(before.count == 2)
        try rig.decide("must_link", ("email", "a@shop.de"), ("phone", "+494215550101"))
        #expect(rig.profiles.count == 1)
        #expect(rig.changes.count == 1)
        try rig.decide("withdraw", ("email", "a@shop.de"), ("phone", "+494215550101"))
        #expect(rig.profiles == before)
        #expect(rig.changes.last?.contains(#""change":"split""#) == true)
        // What an event merged is parted by a decision.
        try rig.send(IdentityEvent(3, ["user": "u1", "phone": "+494215550101"]))
        #expect(rig.profiles.count == 1)
        try rig.decide("cannot_link", ("user", "u1"), ("phone", "+494215550101"))
        #expect(rig.profiles == before)
    }

    @Test("a steward may join more than the limits allow, and identifiers nobody has seen yet")
    func mustLink() throws {
        let rig = try LinkRig()
        try rig.decide("must_link", ("user", "old"), ("user", "new"))
        #expect(rig.profiles.isEmpty)
        let old = try rig.send(IdentityEvent(1, ["user": "old"]))
        #expect(try rig.send(IdentityEvent(2, ["user": "new"])) == old)
        #expect(rig.members == [[["user", "old"], ["user", "new"]]])
    }

    @Test("a decision that can't be read is rejected with the reason")
    func badDecisions() throws {
        let rig = try LinkRig()
        let cases = [
            (#"{"decision":"join"}"#, "'decision' is not one of must_link, cannot_link, withdraw"),
            (#"{"decision":"must_link","a":{"type":"user"}}"#, "'a' has no 'type' and 'value'"),
            (
                #"{"decision":"must_link","a":{"type":"usr","value":"x"}}"#,
                "there is no identifier 'usr'; did you mean 'user'?"
            ),
            (
                #"{"decision":"must_link","a":{"type":"email","value":"x"}}"#,
                "the 'value' of 'a' is no email"
            ),
            (
                #"{"decision":"must_link","a":{"type":"user","value":"x"},"b":{"type":"user","value":"x"}}"#,
                "'a' and 'b' are the same identifier"
            ),
        ]
        for (json, reason) in cases {
            let record = try rig.decide(json).first { $0.topic == "rejected" }
            #expect(record?.failure == "bad_decision: \(reason)")
        }
    }

    @Test("too many identifiers that hang together are not linked, and nothing is lost")
    func together() throws {
        var settings = LinkRig.settings
        if case .map(let entries) = settings { settings = .map(entries + [("max_together", 4)]) }
        let rig = try LinkRig(plan: LinkRig.plan(settings))
        for number in 0..<8 {
            let event = IdentityEvent(
                Int64(number),
                ["email": "p\(number)@shop.de", "phone": "+49421555010\(number / 2)"])
            #expect(try rig.send(event) != nil)
            let chain = IdentityEvent(
                Int64(number),
                ["email": "p\(number)@shop.de", "phone": "+49421555010\((number + 1) / 2)"])
            #expect(try rig.send(chain) != nil)
        }
        #expect(rig.members.allSatisfy { $0.count <= 4 })
        let refused = rig.driver.metrics.first { $0.name == "linked" }
        #expect(refused != nil)
    }
}
