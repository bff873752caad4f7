import Events
import StreamCore
import Testing

@Suite("Commands to tasks")
struct ForgetTests {
    private func plan(topics: [String] = ["clicks"]) throws -> TopologyPlan {
        var topology = TestTopology()
        topology.source("raw", topics: topics)
        topology.parse("parsed", from: "raw")
        topology.add("kept", from: "parsed", definition: Keeper.definition("kept"))
        topology.add("copied", from: "parsed", definition: Keeper.definition("copied"))
        topology.sink("out", from: "kept", "copied")
        var controlled = topology.topology
        controlled.hasControl = true
        return try TopologyPlan(controlled)
    }

    private func command(_ profile: String, id: String = "c-1") -> String {
        #"{"command":"forget","id":"\#(id)","profile":"\#(profile)"}"#
    }

    @Test("a profile is erased in every operator, and a receipt says where")
    func erases() throws {
        let driver = try TopologyDriver(plan: try plan())
        for key in ["ann", "bob"] {
            try driver.pipe(topic: "clicks", key: key, value: #"{"n":1,"t":1}"#)
        }
        _ = driver.takeOutputs()
        try driver.pipe(topic: "shop-control", key: "ann", value: command("ann"))
        try driver.pipe(topic: "shop-control", key: "eve", value: command("eve", id: "c-2"))
        let receipts = driver.takeOutputs()
        #expect(receipts.map(\.topic) == ["shop-receipts", "shop-receipts"])
        #expect(receipts.map(\.key) == ["ann", "eve"])
        #expect(
            receipts[0].value
                == #"{"command":"forget","id":"c-1","profile":"ann","task":"0_0","#
                + #""erased":{"kept":1,"copied":1}}"#)
        #expect(receipts[1].value?.hasSuffix(#""erased":{}}"#) == true)
        // Ann begins anew, Bob does not.
        try driver.pipe(topic: "clicks", key: "ann", value: #"{"n":1,"t":2}"#)
        try driver.pipe(topic: "clicks", key: "bob", value: #"{"n":1,"t":2}"#)
        #expect(
            driver.takeOutputs().filter { $0.value?.contains("kept") == true }.map(\.value) == [
                #"{"n":1,"t":2,"kept":1}"#, #"{"n":1,"t":2,"kept":2}"#,
            ])
    }

    @Test("what is no command is passed over")
    func nonsense() throws {
        let driver = try TopologyDriver(plan: try plan())
        for value in ["{broken", "{}", #"{"command":"dance","id":"1","profile":"a"}"#, "[]"] {
            try driver.pipe(topic: "shop-control", key: nil, value: value)
        }
        try driver.pipe(topic: "shop-control", key: nil, value: nil)
        #expect(driver.takeOutputs().isEmpty)
    }

    @Test("a command stands between runs: what was chosen with it is not touched by it")
    func ownRun() throws {
        let clicks = (1...3).map { InputRecord(n: $0, key: "ann", at: Int64($0)) }
        let rig = TaskRig(
            try plan(),
            histories: [clicks, [InputRecord(command("ann"), key: "ann", timestamp: 9_999)]])
        rig.fetch(0)
        #expect(try rig.run() == .processed(records: 3))
        rig.fetch(1)
        rig.append(InputRecord(n: 4, key: "ann", at: 4), to: 0)
        rig.fetch(0)
        #expect(try rig.run() == .processed(records: 1), "the command, alone")
        #expect(try rig.run() == .processed(records: 1))
        #expect(rig.take().texts("out").contains(#"{"n":4,"t":4,"kept":1}"#))
        #expect(rig.task.streamTime == Timestamp(milliseconds: 4))
    }

    @Test("a topology without state obeys nothing, and own names are kept free")
    func names() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"], line: 1)
        topology.parse("parsed", from: "raw", line: 2)
        topology.sink("shop-receipts", from: "parsed", line: 3)
        var controlled = topology.topology
        #expect(try TopologyPlan(controlled).controlTopics == nil)
        controlled.hasControl = true
        #expect {
            try TopologyPlan(controlled)
        } throws: { "\($0)".contains("kept for commands and their receipts") }
        controlled.sinks[0].topic = "out"
        let plan = try TopologyPlan(controlled)
        #expect(plan.controlTopics == nil)
        #expect(plan.subtopologies[0].broadcastTopics.isEmpty)
    }
}

/// Counts the events of a key, and forgets them.
private final class Keeper: Operator {
    private let name: String

    init(_ name: String) { self.name = name }

    static func definition(_ name: String) -> TestDefinition {
        TestDefinition(stores: [StoreSpec(name: "\(name).counts", kind: .keyValue)]) {
            Keeper(name)
        }
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let store = context.keyValueStore("\(name).counts")
        do throws(StoreError) {
            for event in events {
                let key = unsafe String(decoding: context.arena.bytes(event.key), as: UTF8.self)
                let count = try Stored.number(in: store, key) + 1
                try Stored.put(count, in: store, key)
                var counted = event
                context.arena.set(FieldPath(name: name), of: &counted, to: count)
                context.emit(counted)
            }
        } catch {
            throw .store(error)
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        let store = context.keyValueStore("\(name).counts")
        let text = unsafe String(decoding: key, as: UTF8.self)
        do throws(StoreError) {
            guard try Stored.number(in: store, text) > 0 else { return 0 }
            try Stored.delete(text, from: store)
            return 1
        } catch {
            throw .store(error)
        }
    }
}
