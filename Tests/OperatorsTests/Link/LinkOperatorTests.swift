import Events
import Foundation
import Operators
import StreamCore
import Testing

@Suite("link")
struct LinkOperatorTests {
    @Test("who logs in on a device is who browsed on it, and the older profile stays")
    func login() throws {
        let rig = try LinkRig()
        let anonymous = try rig.send(IdentityEvent(1, ["device": "d1"]))
        let known = try rig.send(IdentityEvent(2, ["device": "d1", "user": "u1"]))
        let elsewhere = try rig.send(IdentityEvent(3, ["user": "u1", "device": "d2"]))
        #expect(anonymous?.count == 24)
        #expect([known, elsewhere] == [anonymous, anonymous])
        #expect(rig.changes == [])
        let mail = try rig.send(IdentityEvent(4, ["email": "a@shop.de"]))
        #expect(mail != anonymous)
        #expect(try rig.send(IdentityEvent(5, ["user": "u1", "email": "A@Shop.de "])) == anonymous)
        let told = try #require(rig.changes.first)
        #expect(
            told
                == #"{"change":"merge","profile_id":"\#(anonymous!)","absorbed":["\#(mail!)"]}"#)
        #expect(
            rig.profiles == [
                anonymous!:
                    #"{"profile_id":"\#(anonymous!)","first_seen":"1970-01-01T00:00:00.001Z","#
                    + #""identifiers":{"user":["u1"],"email":["a@shop.de"],"device":["d1","d2"]}}"#
            ])
    }

    @Test("a device of several people belongs to nobody, and does not join them")
    func sharedDevice() throws {
        let rig = try LinkRig()
        let first = try rig.send(IdentityEvent(1, ["device": "tablet", "user": "mum"]))
        #expect(try rig.send(IdentityEvent(2, ["device": "tablet"])) == first)
        let second = try rig.send(IdentityEvent(3, ["device": "tablet", "user": "kid"]))
        #expect(first != second)
        #expect(try rig.send(IdentityEvent(4, ["user": "mum"])) != second)
        // Nobody knows who it is without a login.
        let anonymous = try rig.send(IdentityEvent(5, ["device": "tablet"]))
        #expect(anonymous != second)
        #expect(
            rig.members == [
                [["user", "mum"]], [["user", "kid"]], [["device", "tablet"]],
            ])
        #expect(rig.changes.contains { $0.contains(#""change":"split""#) })
    }

    @Test("a profile has no more identifiers of a type than it may have")
    func limits() throws {
        let rig = try LinkRig()
        for number in 1...5 {
            try rig.send(IdentityEvent(Int64(number), ["user": "u", "device": "d\(number)"]))
        }
        let user = try #require(rig.members.first { $0.contains(["user", "u"]) })
        #expect(user == [["user", "u"], ["device", "d1"], ["device", "d2"], ["device", "d3"]])
    }

    @Test("an identifier that was seen with too many others says nothing")
    func hub() throws {
        var settings = LinkRig.settings
        if case .map(let entries) = settings { settings = .map(entries + [("max_links", 3)]) }
        let rig = try LinkRig(plan: LinkRig.plan(settings))
        for number in 1...5 {
            try rig.send(
                IdentityEvent(Int64(number), ["phone": "0421 55500\(number)", "device": "kiosk"]))
        }
        #expect(rig.members.contains([["device", "kiosk"]]))
        #expect(rig.members.count == 6)
    }

    @Test(
        "what systems write where there is no identifier is none",
        arguments: [
            ("user", "null"), ("user", "-1"), ("user", "Anonymous"), ("user", " "),
            ("user", "00000000-0000-0000-0000-000000000000"), ("email", "test@example.com"),
            ("email", "noreply@shop.de"), ("email", "no mail"), ("email", "a@b@c.de"),
            ("phone", "0000000000"), ("phone", "123"), ("phone", "call me"),
            ("device", "undefined"),
        ])
    func junk(type: String, value: String) throws {
        let rig = try LinkRig()
        #expect(try rig.send(IdentityEvent(1, [type: value])) == nil)
        #expect(rig.profiles.isEmpty)
    }

    @Test(
        "an identifier is one whatever way it is written",
        arguments: [
            ("email", "Ann.Lee@Shop.DE", "ann.lee@shop.de"),
            ("phone", "0421 / 55 50-123", "+494215550123"),
            ("phone", "0049 421 5550123", "+494215550123"),
            ("phone", "+49 (0)421 5550123", "+494215550123"),
            ("phone", "+44 (0)20 7946 0958", "+442079460958"),
            ("phone", "+1 (212) 555-0123", "+12125550123"),
            ("user", " u1 ", "u1"),
        ])
    func forms(type: String, value: String, normal: String) throws {
        let rig = try LinkRig()
        let one = try rig.send(IdentityEvent(1, [type: value]))
        #expect(one != nil)
        #expect(try rig.send(IdentityEvent(2, [type: normal])) == one)
        #expect(rig.members == [[[type, normal]]])
    }

    @Test("an event without an identifier goes on as it is, and numbers are identifiers")
    func others() throws {
        let rig = try LinkRig()
        #expect(try rig.send(#"{"a":1}"#, at: 1).map(\.value) == [#"{"a":1}"#])
        let linked = try rig.send(#"{"user":4711}"#, at: 1).first { $0.topic == "out" }
        #expect(linked?.value?.hasPrefix(#"{"user":4711,"profile_id":""#) == true)
    }

    @Test("an identifier's history survives a restart")
    func restart() throws {
        let storage = InMemoryStateStorage()
        let plan = try LinkRig.plan()
        let first = try LinkRig(plan: plan, storage: storage)
        let profile = try first.send(IdentityEvent(1, ["user": "u", "device": "d"]))
        try first.driver.commit()
        first.driver.close()
        let second = try LinkRig(plan: plan, storage: storage)
        #expect(try second.send(IdentityEvent(9, ["device": "d"])) == profile)
        #expect(second.profiles.isEmpty)
    }

    @Test("a profile that is forgotten leaves nothing, and others as they were")
    func erase() throws {
        let plan = try LinkRig.plan { ErasingDefinition(wrapped: $0, report: 4) }
        let rig = try LinkRig(plan: plan)
        let erased = try #require(
            try rig.send(IdentityEvent(1, ["user": "mum", "email": "a@shop.de"])))
        try rig.send(IdentityEvent(2, ["user": "mum", "device": "tablet"]))
        try rig.send(IdentityEvent(3, ["user": "kid", "device": "tablet"]))
        #expect(try rig.erase(erased) == [2])
        #expect(try rig.erase(erased) == [0])
        // The tablet is the child's alone now.
        let kid = try rig.send(IdentityEvent(5, ["user": "kid"]))
        #expect(try rig.send(IdentityEvent(6, ["device": "tablet"])) == kid)
        // Who comes back has nothing of before.
        try rig.send(IdentityEvent(7, ["user": "mum"]))
        #expect(try rig.erase("mum") == [1])
        #expect(try rig.erase("kid") == [2])
    }

    @Test("mistakes in the settings are told with what to do")
    func mistakes() {
        func problems(_ settings: Setting) -> [String] {
            OperatorsTests.problems(of: LinkOperator.spec, settings)
        }
        #expect(
            problems(["identifiers": [:]]) == [
                "'identifiers' is empty; write a name and a field, the strongest identifier first"
            ])
        #expect(
            problems(["identifiers": ["a": ["field": "a", "unique": true, "limit": 2]]]) == [
                "'unique' means 'limit: 1'; write one of the two"
            ])
        #expect(
            problems(["identifiers": ["a": ["field": "a", "country": "49"]]]) == [
                "'country' is only for 'form: phone'; remove it"
            ])
        #expect(
            problems(["identifiers": ["a": ["field": "a", "form": "phone", "country": "DE"]]]) == [
                "'country' is the code that calls from abroad begin with, in digits; write for "
                    + "example 49, or 1"
            ])
    }
}
