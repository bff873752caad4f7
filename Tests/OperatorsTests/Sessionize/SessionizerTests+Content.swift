import Events
import Foundation
import Operators
import StreamCore
import Testing

extension SessionizerTests {
    // MARK: Views, keep-alive, bots

    @Test("views are counted, and entry and exit are taken from them, by event time")
    func views() throws {
        let more: [(String, Setting)] = [
            ("views", ["field": "type", "equals": "view"]), ("page", "page"), ("grace", "1h"),
        ]
        let output = try SessionizeRig(settings(more)).run([
            at(5, page: "/middle"), at(9, page: "/exit"), at(10, type: "click", page: "/no"),
            at(1, page: "/entry"), at(0, type: "click", page: "/no"), at(9, page: "/exit-2"),
        ])
        let session = try #require(output.closed.first)
        #expect(session.event_count == 6)
        #expect(session.view_count == 4)
        #expect(session.entry == "/entry")
        #expect(session.exit == "/exit-2")
    }

    @Test("an event that keeps alive prolongs a session and is not counted")
    func keepAlive() throws {
        let more: [(String, Setting)] = [
            ("keep_alive", ["field": "type", "equals": "ping"]), ("step", "type"),
            ("revenue", "amount"),
        ]
        let output = try SessionizeRig(settings(more)).run([
            at(0), at(25, channel: "web", type: "ping", amount: "3"), at(50),
        ])
        let session = try #require(output.closed.first)
        #expect(output.closed.count == 1)
        #expect(session.event_count == 2)
        #expect(session.duration_ms == 50 * Self.minute)
        #expect(session.channels == [])
        #expect(session.steps?.map(\.step) == ["view", "view"])
        #expect(output.records["closed"]?[0].value?.contains("revenue") == false)
        #expect(output.records["out"]?.allSatisfy { $0.value!.contains("session_id") } == true)
    }

    @Test("an event that keeps alive opens no session, moves no start, and may bridge two")
    func keepAliveAlone() throws {
        let more: [(String, Setting)] = [
            ("keep_alive", ["field": "type", "equals": "ping"]), ("grace", "2h"),
        ]
        let alone = try SessionizeRig(settings(more)).run([at(0, type: "ping"), at(10)])
        #expect(minutes(alone) == ["ann 10-10 1"])
        #expect(alone.records["out"]?.map { $0.value!.contains("session_id") } == [false, true])
        let before = try SessionizeRig(settings(more)).run([at(10), at(0, type: "ping")])
        #expect(minutes(before) == minutes(alone))
        let bridge = try SessionizeRig(settings(more)).run([at(0), at(50), at(25, type: "ping")])
        #expect(minutes(bridge) == ["ann 0-50 2"])
    }

    @Test("bots go their own way")
    func bots() throws {
        let more: [(String, Setting)] = [("bots", ["field": "type", "equals": "crawl"])]
        let output = try SessionizeRig(settings(more)).run([at(0), at(1, type: "crawl"), at(2)])
        #expect(minutes(output) == ["ann 0-2 2"])
        #expect(output.records["bots"]?.map(\.value) == [at(1, type: "crawl").json])
        #expect(output.records["out"]?.count == 2)
    }

    // MARK: What a session keeps

    @Test("the earliest steps are kept in order, the others counted")
    func steps() throws {
        let more: [(String, Setting)] = [("step", "page"), ("max_steps", 3), ("grace", "1h")]
        let output = try SessionizeRig(settings(more)).run([
            at(1, page: "b"), at(3, page: "d"), at(4, page: "e"), at(5, page: "f"),
            at(0, page: "a"), at(2, page: "c"), at(2), at(2, page: "c2"),
        ])
        let session = try #require(output.closed.first)
        #expect(session.steps?.map(\.step) == ["a", "b", "c"])
        #expect(session.steps?.map(\.at) == [0, 1, 2].map { "2024-03-13T10:0\($0):00.000Z" })
        #expect(session.dropped_steps == 4)
        #expect(session.event_count == 8)
        let none = try SessionizeRig(settings([("step", "page"), ("max_steps", 0)])).run([
            at(1, page: "b"), at(2, page: "c"),
        ])
        #expect(none.closed.first?.steps == nil)
        #expect(none.closed.first?.dropped_steps == 2)
    }

    @Test("channels are united, in the order in which they came, and at most 32 are kept")
    func channels() throws {
        let output = try SessionizeRig(settings()).run([
            at(0, channel: "web"), at(1, channel: "app"), at(2), at(3, channel: "web"),
            at(4, channel: ""),
        ])
        #expect(output.closed.first?.channels == ["web", "app"])
        let many = try SessionizeRig(settings()).run(
            (0..<50).map { at(Double($0), channel: "c\($0 % 40)") })
        #expect(many.closed.first?.channels?.count == 32)
    }

    @Test("revenue is added up exactly")
    func revenue() throws {
        let rig = try SessionizeRig(settings([("revenue", "amount")]))
        let output = try rig.run([
            at(0, amount: "0.1"), at(1, amount: "0.2"), at(2), at(3, amount: "19.990"),
            at(4, amount: "-5"), at(5, amount: "999999999999999"), at(6, amount: "null"),
        ])
        let json = try #require(output.records["closed"]?.first?.value)
        #expect(json.contains(",\"revenue\":1000000000000014.290,"))
        #expect(output.closed[0].dropped_amounts == nil)
    }

    @Test("an amount that is none is left out and counted, and does not spoil the sum")
    func amountsThatAreNone() throws {
        let output = try SessionizeRig(settings([("revenue", "amount")])).run([
            at(0, amount: "0.00000000000000000000000000000000000001"), at(1, amount: "1e15"),
            at(2, amount: "\"12.50\""), at(3, amount: "true"), at(4, amount: "1e300"),
            at(5, amount: "7.25"), at(6, amount: "-1000000000000000"),
        ])
        let json = try #require(output.records["closed"]?.first?.value)
        #expect(json.contains("\"revenue\":7.25,"))
        #expect(output.closed[0].dropped_amounts == 6)
    }

    // MARK: Records that can't be taken

    @Test(
        "a record without a key is rejected with a reason",
        arguments: [
            #"{"user":null}"#, #"{"user":""}"#, #"{"user":{}}"#, #"{"user":[1]}"#, "{}",
        ])
    func missingKey(json: String) throws {
        let rig = try SessionizeRig(settings())
        try rig.driver.pipe(
            topic: "in", key: "k", value: json, timestamp: Timestamp(milliseconds: Self.ten))
        let rejected = try #require(try rig.take().records["rejected"]?.first)
        #expect(
            rejected.failure == "missing_key: the field 'user' has no value to keep sessions by")
        #expect(rejected.value == json)
    }

    @Test("keys may be numbers and booleans")
    func keyKinds() throws {
        let rig = try SessionizeRig(settings())
        for json in [#"{"user":12}"#, #"{"user":12}"#, #"{"user":1.50}"#, #"{"user":true}"#] {
            try rig.driver.pipe(
                topic: "in", key: nil, value: json, timestamp: Timestamp(milliseconds: Self.ten))
        }
        try rig.driver.finish()
        let output = try rig.take()
        #expect(output.closed.map(\.key) == ["1.50", "12", "true"])
        #expect(output.closed.map(\.event_count) == [1, 2, 1])
    }

    @Test("without a key setting sessions are kept by the record's key")
    func recordKey() throws {
        let rig = try SessionizeRig(.map([("gap", "30m")]))
        for key in ["a", "b", "a", ""] {
            try rig.driver.pipe(
                topic: "in", key: key, value: "{}", timestamp: Timestamp(milliseconds: Self.ten))
        }
        try rig.driver.pipe(
            topic: "in", key: nil, value: "{}", timestamp: Timestamp(milliseconds: Self.ten))
        try rig.driver.finish()
        let output = try rig.take()
        #expect(output.closed.map(\.key) == ["", "a", "b"])
        #expect(
            output.records["rejected"]?.map(\.failure) == [
                "missing_key: the record has no key to keep sessions by"
            ])
    }

    @Test("an event without a time, or at the end of time, is rejected with a reason")
    func unusableTimes() throws {
        let rig = try SessionizeRig(settings())
        try rig.driver.pipe(topic: "in", key: nil, value: #"{"user":"ann"}"#)
        try rig.send(VisitEvent("ann", .max - 5))
        let rejected = try #require(try rig.take().records["rejected"])
        #expect(
            rejected.map { $0.headers["millrace.error"] } == ["unusable_time", "unusable_time"])
        #expect(rejected[0].headers["millrace.reason"] == "the event has no time")
    }

    @Test("times that no calendar has do not trap")
    func extremeTimes() throws {
        let rig = try SessionizeRig(
            .map([("gap", "36525d"), ("key", "user"), ("midnight_zone", "Europe/Berlin")]))
        for time in [Int64.min + 1, -1_000_000_000_000_000_000, 0, 1_000_000_000] {
            try rig.send(VisitEvent("ann", time))
        }
        try rig.driver.finish()
        #expect(!(try rig.take().records.isEmpty))
    }

    // MARK: Documents and ids

    @Test("the JSON of a closed session, whole")
    func closedDocument() throws {
        let more: [(String, Setting)] = [
            ("campaign", "utm"), ("views", ["field": "type", "equals": "view"]),
            ("page", "page"), ("step", "type"), ("revenue", "amount"), ("max_steps", 2),
        ]
        let key = "a'n\\n"
        let output = try SessionizeRig(settings(more)).run([
            at(0, key, channel: "web", campaign: "spring", page: "/"),
            at(1, key, channel: "app", type: "buy", page: "/cart", amount: "12.50"),
            at(2.5, key, page: "/bye"),
        ])
        let json = try #require(output.records["closed"]?.first?.value)
        let id = output.closed[0].session_id
        #expect(
            json == """
                {"session_id":"\(id)","key":"a'n\\n","status":"closed",\
                "start":"2024-03-13T10:00:00.000Z","end":"2024-03-13T10:02:30.000Z",\
                "duration_ms":150000,"event_count":3,"view_count":2,"channels":["web","app"],\
                "campaign":"spring","entry":"/","exit":"/bye","revenue":12.50,\
                "steps":[{"at":"2024-03-13T10:00:00.000Z","step":"view"},\
                {"at":"2024-03-13T10:01:00.000Z","step":"buy"}],"dropped_steps":1,\
                "operator":"tested"}
                """)
    }

    @Test("a session's id is made of its key, start and campaign, and of nothing else")
    func ids() throws {
        func id(_ events: [VisitEvent], _ more: [(String, Setting)] = []) throws -> [String] {
            try SessionizeRig(settings([("campaign", "utm"), ("grace", "1h")] + more)).run(events)
                .closed.map(\.session_id)
        }
        let plain = try id([at(0)])
        #expect(plain[0].hasPrefix("\(Self.ten)-"))
        #expect(plain[0].count == "\(Self.ten)-".count + 16)
        #expect(try id([at(0), at(10)]) == plain)
        #expect(try id([at(10), at(0)], [("max_length", "2h")]) == plain)
        let others = try id([at(0, "bob")]) + id([at(1)]) + id([at(0, campaign: "x")])
        #expect(Set(others + plain).count == 4)
    }

    @Test("the id goes into the field that 'output' names")
    func output() throws {
        let output = try SessionizeRig(settings([("output", "visit.id")])).run([at(0)])
        let id = output.closed[0].session_id
        #expect(
            output.records["out"]?[0].value
                == at(0).json.dropLast() + ",\"visit\":{\"id\":\"\(id)\"}}")
    }

    @Test("many open sessions of one key are kept apart")
    func manyOpenSessions() throws {
        let rig = try SessionizeRig(
            .map([("key", "user"), ("gap", "1s"), ("grace", "100h")]), outputs: ["closed"])
        try rig.sendBatch(
            (0..<500).map { VisitEvent("ann", Self.ten + Int64($0 * 7 % 500) * 2000) })
        try rig.driver.finish()
        let closed = try rig.take().closed
        #expect(closed.count == 500)
        #expect(closed.map(\.startTime) == closed.map(\.startTime).sorted())
    }
}
