import Events
import StreamCore
import Testing

@Suite("Plans of topologies")
struct TopologyPlanTests {
    private static let user = StateKey.field(FieldPath(name: "user"))
    private static let order = StateKey.field(FieldPath(name: "order"))

    private func names(_ plan: TopologyPlan) -> [[String]] {
        plan.subtopologies.map { $0.nodes.map(\.name) }
    }

    @Test("a topology whose state is kept by the record key is not cut")
    func uncut() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks", "taps"])
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10, key: .recordKey)
        topology.sink("counts", from: "counted.closed")
        let plan = try topology.plan()
        #expect(names(plan) == [["raw", "parsed", "counted", "counts"]])
        #expect(plan.repartitions.isEmpty)
        #expect(plan.topics == ["clicks", "taps", "counts"])
        #expect(plan.subtopologies[0].sourceTopics == [0, 1])
        #expect(plan.subtopologies[0].stores.map(\.name) == ["counted.counts", "counted.timers"])
        #expect(plan.externalSourceTopics == ["clicks", "taps"])
        #expect(plan.sinkTopics == ["counts"])
    }

    @Test("nodes stand behind those that they read, whatever the order of the file")
    func topologicalOrder() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.pass("d", from: "b", "c")
        topology.pass("c", from: "a")
        topology.pass("b", from: "a")
        topology.pass("a", from: "parsed")
        topology.parse("parsed", from: "raw")
        topology.sink("out", from: "d")
        let plan = try topology.plan()
        #expect(names(plan) == [["raw", "parsed", "a", "c", "b", "d", "out"]])
        for (index, node) in plan.subtopologies[0].nodes.enumerated() {
            #expect(node.inputs.allSatisfy { $0.node < index })
        }
    }

    @Test("inputs are resolved to nodes and outputs of the same sub-topology")
    func inputs() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10)
        topology.sink("out", from: "counted.late", "parsed.failed", "counted")
        let sink = try #require(try topology.plan().subtopologies[0].nodes.last)
        #expect(sink.inputs.map(\.node) == [2, 1, 2])
        #expect(sink.inputs.map(\.output) == [2, 1, 0])
    }

    @Test("state by a field is cut off by a repartition topic named after application and operator")
    func cutByField() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("counted", from: "parsed", by: 10, key: Self.user)
        topology.sink("counts", from: "counted.closed")
        topology.sink("dead", from: "parsed.failed", "counted.late")
        let plan = try topology.plan()
        #expect(plan.topics == ["clicks", "counts", "dead", "shop-counted-repartition"])
        #expect(
            names(plan) == [
                ["raw", "parsed", "shop-counted-repartition", "dead"],
                ["counted-repartition", "counted", "counts", "dead"],
            ])
        let repartition = try #require(plan.repartitions.first)
        #expect(repartition.operatorName == "counted")
        #expect(repartition.key == Self.user)
        #expect(repartition.producers == [0])
        #expect(repartition.consumer == 1)
        #expect(plan.isInternal(topic: 3))
        #expect(!plan.isInternal(topic: 1))
        #expect(plan.subtopologies[1].sourceTopics == [3])
    }

    @Test("a source that is partitioned by the field needs no cut for it, nor for the record key")
    func sourceKey() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"], key: "user")
        topology.parse("parsed", from: "raw")
        topology.pause("by_user", from: "parsed", by: 10, key: Self.user)
        topology.pause("by_key", from: "by_user", by: 10, key: .recordKey)
        topology.sink("out", from: "by_key")
        #expect(try topology.plan().repartitions.isEmpty)
    }

    @Test("a changed key cuts in front of state by the record key, and not in front of its field")
    func changedKey() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.add(
            "keyed", from: "parsed",
            definition: TestDefinition(
                changedKey: FieldPath(name: "user"), make: { Sieve(divisor: .max) }))
        topology.pause("counted", from: "keyed", by: 10, key: .recordKey)
        topology.sink("out", from: "counted")
        let plan = try topology.plan()
        #expect(plan.repartitions.map(\.operatorName) == ["counted"])
        #expect(plan.repartitions[0].key == .recordKey)

        topology.sources[0].key = FieldPath(name: "user")
        #expect(try topology.plan().repartitions.isEmpty)
    }

    @Test("streams of different partitioning are brought together by a cut")
    func mixedInputs() throws {
        var topology = TestTopology()
        topology.source("a", topics: ["clicks"], key: "user")
        topology.source("b", topics: ["orders"], key: "order")
        topology.parse("parsed_a", from: "a")
        topology.parse("parsed_b", from: "b")
        topology.pause("counted", from: "parsed_a", "parsed_b", by: 10, key: Self.user)
        topology.sink("out", from: "counted")
        let plan = try topology.plan()
        #expect(
            names(plan) == [
                ["a", "parsed_a", "shop-counted-repartition"],
                ["b", "parsed_b", "shop-counted-repartition"],
                ["counted-repartition", "counted", "out"],
            ])
        #expect(plan.repartitions[0].producers == [0, 1])
        #expect(plan.repartitions[0].consumer == 2)
    }

    @Test("a diamond stays in one sub-topology")
    func diamond() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pass("left", from: "parsed")
        topology.pass("right", from: "parsed")
        topology.number("joined", from: "left", "right")
        topology.sink("out", from: "joined")
        #expect(
            names(try topology.plan()) == [["raw", "parsed", "left", "right", "joined", "out"]])
    }

    @Test("a diamond with a cut on one side joins behind the cut through a second sub-topology")
    func diamondWithCut() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("left", from: "parsed", by: 10, key: Self.user)
        topology.pass("right", from: "parsed")
        topology.pause("joined", from: "left.closed", "right", by: 10, key: Self.user)
        topology.sink("out", from: "joined")
        let plan = try topology.plan()
        #expect(plan.repartitions.map(\.operatorName) == ["left", "joined"])
        #expect(
            names(plan) == [
                ["raw", "parsed", "right", "shop-left-repartition", "shop-joined-repartition"],
                ["left-repartition", "left", "shop-joined-repartition"],
                ["joined-repartition", "joined", "out"],
            ])
        #expect(plan.repartitions[1].producers == [0, 1])
    }

    @Test("two cuts one behind the other make three sub-topologies, feeders first")
    func twoCuts() throws {
        var topology = TestTopology()
        // The source of the middle sub-topology stands first in the file.
        topology.source("prices", topics: ["prices"], key: "user")
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.parse("parsed_prices", from: "prices")
        topology.pause("by_user", from: "parsed", by: 10, key: Self.user)
        topology.number("priced", from: "by_user", "parsed_prices")
        topology.pause("by_order", from: "priced", by: 10, key: Self.order)
        topology.sink("out", from: "by_order")
        let plan = try topology.plan()
        #expect(
            names(plan) == [
                ["raw", "parsed", "shop-by_user-repartition"],
                [
                    "prices", "parsed_prices", "by_user-repartition", "by_user", "priced",
                    "shop-by_order-repartition",
                ],
                ["by_order-repartition", "by_order", "out"],
            ])
        #expect(plan.repartitions.map(\.producers) == [[0], [1]])
        #expect(plan.repartitions.map(\.consumer) == [1, 2])
    }

    @Test("a second operator with the same key behind a cut needs none")
    func sharedCut() throws {
        var topology = TestTopology()
        topology.source("raw", topics: ["clicks"])
        topology.parse("parsed", from: "raw")
        topology.pause("first", from: "parsed", by: 10, key: Self.user)
        topology.pause("second", from: "first.closed", by: 10, key: Self.user)
        topology.sink("out", from: "second")
        #expect(try topology.plan().repartitions.map(\.operatorName) == ["first"])
    }

    @Test("a repartition topic is as patient as the most patient source before it")
    func watermarkBehindCut() throws {
        var topology = TestTopology()
        topology.source(
            "a", topics: ["clicks"],
            watermark: WatermarkSettings(
                outOfOrderness: .seconds(5), idleAfter: .seconds(10), whenIdle: .wallClock))
        topology.source(
            "b", topics: ["orders"],
            watermark: WatermarkSettings(
                outOfOrderness: .seconds(1), idleAfter: .seconds(90), whenIdle: .hold))
        topology.parse("parsed_a", from: "a")
        topology.parse("parsed_b", from: "b")
        topology.pause("counted", from: "parsed_a", "parsed_b", by: 10, key: Self.user)
        topology.sink("out", from: "counted")
        let source = try topology.plan().subtopologies[2].nodes[0]
        guard case .repartitionSource(_, let watermark) = source.kind else {
            Issue.record("\(source.name) is no repartition source")
            return
        }
        #expect(watermark.outOfOrderness == .seconds(5))
        #expect(watermark.idleAfter == .seconds(90))
        #expect(watermark.whenIdle == .hold)
    }
}
