import Events
import Operators
import StreamCore
import Testing

@Suite("link forgets profiles by age")
struct LinkRetentionTests {
    private static let day: Int64 = 86_400_000
    private static let retention = 160 * day

    private static func settings(_ more: [(String, Setting)] = []) -> Setting {
        guard case .map(let settings) = LinkRig.settings else { return LinkRig.settings }
        return .map(settings + [("retention", "160d")] + more)
    }

    private static func rig(_ more: [(String, Setting)] = []) throws -> LinkRig {
        try LinkRig(plan: LinkRig.plan(settings(more)))
    }

    @Test("a profile of which nothing was seen for the retention is no more, and says so")
    func forgets() throws {
        let rig = try Self.rig()
        let first = try #require(
            try rig.send(IdentityEvent(0, ["user": "ann", "device": "phone"])))
        try rig.send(IdentityEvent(Self.retention, ["user": "bob"]))
        #expect(rig.profiles[first] != nil)
        let records = try rig.send(#"{"user":"bob"}"#, at: Self.retention + 11 * Self.day)
        // Under each name that it may have had: of the oldest of its identifiers so far.
        let told = records.filter { $0.topic == "profiles" }
        #expect(told.count == 2 && told.contains { $0.key == first })
        #expect(told.allSatisfy { $0.value == nil })
        // The device is somebody else's now, without a merge.
        try rig.send(
            IdentityEvent(Self.retention + 12 * Self.day, ["user": "cem", "device": "phone"]))
        #expect(rig.changes.isEmpty)
        #expect(rig.profiles.values.contains { $0.contains("cem") && $0.contains("phone") })
    }

    @Test("one identifier that is seen keeps all of its profile, for as long as it is seen")
    func keeps() throws {
        let rig = try Self.rig()
        let profile = try rig.send(IdentityEvent(0, ["user": "ann", "device": "phone"]))
        for time in stride(from: Self.day, through: 10 * Self.retention, by: 20 * Int(Self.day)) {
            #expect(try rig.send(IdentityEvent(time, ["device": "phone"])) == profile)
        }
        let last = 10 * Self.retention + Self.day
        #expect(try rig.send(IdentityEvent(last, ["user": "ann"])) == profile)
    }

    @Test("a hub stays one, and the end of the input forgets nobody")
    func hubs() throws {
        let rig = try Self.rig([("max_links", 2)])
        for (place, user) in ["ann", "bob", "cem", "dee"].enumerated() {
            try rig.send(IdentityEvent(Int64(place), ["user": user, "email": "all@shop.de"]))
        }
        try rig.send(IdentityEvent(2 * Self.retention, ["user": "eva", "email": "all@shop.de"]))
        let profile = try rig.send(IdentityEvent(2 * Self.retention, ["user": "eva"]))
        #expect(
            try rig.send(IdentityEvent(2 * Self.retention, ["email": "all@shop.de"])) != profile)
        let known = rig.profiles.count
        try rig.driver.finish()
        #expect(rig.driver.takeOutputs().isEmpty && rig.profiles.count == known)
    }

    @Test("what is forgotten on command is in no store any more, nor what hubs know of it")
    func leavesNoTrace() throws {
        let storage = InMemoryStateStorage()
        let plan = try LinkRig.plan(Self.settings([("max_links", 2)])) {
            ErasingDefinition(wrapped: $0, report: 4)
        }
        let rig = try LinkRig(plan: plan, storage: storage)
        for (place, user) in ["ann", "bob", "cem", "dee"].enumerated() {
            try rig.send(IdentityEvent(Int64(place), ["user": user, "email": "all@shop.de"]))
        }
        // Dee knows of the hub, which does not know of Dee: it took no more links.
        #expect(try rig.erase("all@shop.de") == [1])
        #expect(try rig.erase("ann") == [1])
        try rig.driver.commit()
        rig.driver.close()
        let state = try LinkRig.state(in: storage, of: plan).joined()
        #expect(state.contains("dee"))
        #expect(!state.contains("ann") && !state.contains("all@shop.de"))
    }

    @Test("after any history it is as if what was forgotten had never been", arguments: 0..<200)
    func property(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rig = try Self.rig()
        var live: [IdentityEvent] = []
        var seen: [[String]: Int64] = [:]
        var time: Int64 = 0
        for _ in 0..<60 {
            // A pause is clearly shorter than the retention or clearly longer, with the grain.
            let pause = Int64.random(in: 1...12, using: &random)
            time += (Int.random(in: 0..<6, using: &random) == 0 ? 30 : 2) * pause * Self.day
            let event = IdentityEvent(time, Self.identifiers(&random))
            let isNear = seen.values.contains {
                abs(time - $0 - Self.retention - 5 * Self.day) <= 16 * Self.day
            }
            if isNear { continue }
            Self.forget(before: time, &live, &seen)
            try rig.send(event)
            live.append(event)
            for identifier in event.identifiers { seen[[identifier.key, identifier.value]] = time }
            #expect(rig.members == ProfileOracle(live).profiles, "at day \(time / Self.day)")
        }
    }

    /// Nobody shares a device: who of two is forgotten first would decide whose it becomes.
    private static func identifiers(_ random: inout SeededGenerator) -> [String: String] {
        func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
        let user = below(4)
        var identifiers = ["user": "u\(user)"]
        if below(2) == 0 { identifiers["device"] = "d\(user)-\(below(3))" }
        if below(3) == 0 { identifiers["email"] = "e\(user)-\(below(2))@shop.de" }
        if identifiers.count > 1, below(3) == 0 { identifiers["user"] = nil }
        return identifiers
    }

    /// By the plain definition: profiles all of whose identifiers are too old go, one after the other.
    private static func forget(
        before time: Int64, _ live: inout [IdentityEvent], _ seen: inout [[String]: Int64]
    ) {
        for profile in ProfileOracle(live).profiles {
            let last = profile.map { seen[$0] ?? .min }.max() ?? .min
            guard last + retention < time else { continue }
            for identifier in profile { seen[identifier] = nil }
            live = live.compactMap { event in
                var event = event
                for identifier in profile
                where event.identifiers[identifier[0]] == identifier[1] {
                    event.identifiers[identifier[0]] = nil
                }
                return event.identifiers.isEmpty ? nil : event
            }
        }
    }
}
