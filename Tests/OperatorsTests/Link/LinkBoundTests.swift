import Events
import Operators
import StreamCore
import Testing

/// `max_together` bounds what hangs together, and nothing else.
@Suite("link: how much hangs together")
struct LinkBoundTests {
    private func rig(_ more: [(String, Setting)], storage: InMemoryStateStorage? = nil) throws
        -> LinkRig
    {
        guard case .map(let settings) = LinkRig.settings else { throw NoSettings() }
        let plan = try LinkRig.plan(.map(settings + more))
        return try LinkRig(plan: plan, storage: storage ?? InMemoryStateStorage())
    }

    private struct NoSettings: Error {}

    private func refusals(_ rig: LinkRig) -> Double {
        rig.driver.metrics.first { $0.name == "linked" }?.gauges["links.refused"] ?? 0
    }

    @Test("what is seen on a shared device or with a hub does not hang together through it")
    func ofNobody() throws {
        // Six users, each with a device of his own, on one that is shared; and a hub of ten.
        let rig = try rig([("max_together", 12), ("max_links", 8)])
        for number in 0..<6 {
            try rig.send(IdentityEvent(1, ["user": "u\(number)", "device": "own\(number)"]))
            try rig.send(IdentityEvent(2, ["user": "u\(number)", "device": "kiosk"]))
        }
        for number in 0..<10 {
            try rig.send(
                IdentityEvent(3, ["email": "wifi@shop.de", "phone": "+49421555010\(number)"]))
        }
        let new = IdentityEvent(
            4, ["user": "new", "phone": "+494215550200", "device": "kiosk"])
        let profile = try rig.send(new)
        #expect(try rig.send(IdentityEvent(5, ["phone": "+494215550200"])) == profile)
        let other = try rig.send(
            IdentityEvent(6, ["user": "other", "email": "wifi@shop.de", "phone": "+494215550300"]))
        #expect(other != nil)
        #expect(try rig.send(IdentityEvent(7, ["phone": "+494215550300"])) == other)
        #expect(refusals(rig) == 0)
    }

    @Test("an event that would join too much makes its weakest hubs, and that is not tried again")
    func refusal() throws {
        let storage = InMemoryStateStorage()
        let rig = try rig([("max_together", 3)], storage: storage)
        var events: [IdentityEvent] = []
        for (user, phones) in [("u1", [111, 222]), ("u2", [333, 444])] {
            for phone in phones {
                events.append(
                    IdentityEvent(1, ["user": user, "phone": "+494215550\(phone)"]))
            }
        }
        events.append(
            IdentityEvent(
                2, ["user": "u1", "email": "m@shop.de", "phone": "+494215550333"]))
        for event in events { #expect(try rig.send(event) != nil) }
        #expect(refusals(rig) > 0)
        // No profile is told of that nobody has.
        #expect(!rig.changes.contains { $0.contains("000000000000000000000000") })
        let refused = refusals(rig)
        for event in events { #expect(try rig.send(event) != nil) }
        #expect(refusals(rig) == refused)
        #expect(rig.members.allSatisfy { $0.count <= 3 })
    }

    @Test(
        "whatever comes, each identifier is of one profile that is told of, and none is too large")
    func histories() throws {
        var random = SeededGenerator(seed: 41)
        for round in 0..<150 {
            let bound = Int.random(in: 2...8, using: &random)
            let rig = try rig([("max_together", .integer(Int64(bound)))])
            let events = LinkRig.history(25, using: &random)
            var seen: Set<[String]> = []
            for event in events {
                let profile = try rig.send(event)
                #expect((profile == nil) == event.identifiers.isEmpty, "round \(round)")
                if let profile { #expect(rig.profiles[profile] != nil, "round \(round)") }
                seen.formUnion(event.identifiers.map { [$0.key, $0.value] })
                let members = rig.members
                #expect(members.allSatisfy { $0.count <= bound }, "round \(round): \(events)")
                #expect(members.reduce(0) { $0 + $1.count } == seen.count, "round \(round)")
                #expect(members.reduce(into: Set()) { $0.formUnion($1) } == seen)
            }
        }
    }

    @Test("a decision that keeps apart, or takes one back, is never refused for its size")
    func decisions() throws {
        let rig = try rig([("max_together", 3)])
        for (user, phones) in [("u1", [111, 222]), ("u2", [333, 444])] {
            for phone in phones {
                try rig.send(
                    IdentityEvent(1, ["user": user, "phone": "+494215550\(phone)"]))
            }
        }
        func refused(_ decision: String) throws -> Bool {
            try rig.decide(decision, ("user", "u1"), ("user", "u2")).contains {
                $0.topic == "rejected"
            }
        }
        #expect(try !refused("cannot_link"))
        #expect(try !refused("withdraw"))
        #expect(try refused("must_link"))
        #expect(rig.members.count == 2)
    }

    @Test("a whole number in a decision is the identifier that it is in events")
    func number() throws {
        let rig = try LinkRig()
        try rig.send(#"{"user":17}"#, at: 1)
        try rig.send(#"{"device":"d"}"#, at: 1)
        let decision =
            #"{"decision":"must_link","a":{"type":"user","value":17},"b":{"type":"device","value":"d"}}"#
        #expect(try rig.decide(decision).contains { $0.topic == "merges" })
    }

    @Test("what stewards decided of a hub counts in one order, whenever the hub came to be one")
    func decidedHub() throws {
        var found: Set<Set<Set<[String]>>> = []
        let events = ["A", "B", "x", "y"].enumerated().map { place, user in
            IdentityEvent(Int64(place + 1), ["user": user, "email": "hub@shop.de"])
        }
        for order in [
            events, Array(events.reversed()), [events[1], events[3], events[0], events[2]],
        ] {
            let rig = try rig([("max_links", 2)])
            for event in order { try rig.send(event) }
            let hub = ("email", "hub@shop.de")
            try rig.decide("must_link", hub, ("user", "A"))
            try rig.decide("must_link", hub, ("user", "B"))
            try rig.decide("cannot_link", ("user", "A"), ("user", "B"))
            found.insert(rig.members)
        }
        #expect(found.count == 1, "\(found)")
    }

    @Test("what is blocked is no identifier, however an event writes it")
    func blocked() throws {
        let rig = try rig([
            (
                "blocked",
                ["0421 555 0100", "+49 421 555 0101", "Info@shop.de", " Kiosk "]
            )
        ])
        for event in [
            ["phone": "0421 555 0100"], ["phone": "+494215550100"], ["phone": "0421/5550101"],
            ["email": "info@SHOP.de"], ["user": "kiosk"], ["user": " KIOSK"],
        ] {
            #expect(try rig.send(IdentityEvent(1, event)) == nil, "\(event)")
        }
        #expect(try rig.send(IdentityEvent(1, ["phone": "0421 555 0102"])) != nil)
    }
}
