import CMallocCount
import Events
import Operators
import StreamCore
import Testing

@Suite("The standard operators")
struct StandardOperatorsTests {
    @Test("every operator is found by its name and describes itself")
    func registry() {
        let registry = OperatorRegistry.standard
        #expect(
            Set(["parse", "map", "filter", "validate", "sessionize"]).isSubset(of: registry.names))
        for spec in registry.all {
            #expect(registry[spec.name]?.name == spec.name)
            #expect(spec.summary.hasSuffix("."))
            #expect(spec.example.hasPrefix("\(spec.name):"))
            #expect(Set(spec.fields.map(\.name)).count == spec.fields.count)
            for field in spec.fields { #expect(field.summary.hasSuffix("."), "\(field.name)") }
            for output in spec.sideOutputs { #expect(output.summary.hasSuffix(".")) }
        }
    }

    private static let schema = """
        {"type":"object","required":["event_id","event_type","occurred_at"],"properties":{
        "event_id":{"type":"string","pattern":"^e-[0-9]+$"},"event_type":{"enum":["view","buy"]},
        "page":{"type":"object","required":["url"],"properties":{"url":{"maxLength":200}}},
        "product":{"properties":{"price":{"minimum":0},"quantity":{"type":"integer"}}}}}
        """

    @Test(
        "records go through parse, map, filter and validate to the sink without allocating",
        .enabled(if: isOptimised))
    func noAllocation() throws {
        func node(_ spec: OperatorSpec, _ name: String, _ settings: Setting) throws -> Topology.Node
        {
            Topology.Node(
                name: name, spec: spec,
                definition: try makeDefinition(spec, settings, files: ["s.json": Self.schema]),
                inputs: [])
        }
        let rig = try OperatorRig(
            [
                try node(ParseOperator.spec, "parsed", [:]),
                try node(
                    MapOperator.spec, "mapped",
                    [
                        "set": ["source": "web", "meta.version": 2],
                        "copy": ["price": "product.price"],
                        "remove": "debug", "convert": ["occurred_at": "timestamp"],
                        "key": "user_id",
                    ]),
                try node(
                    FilterOperator.spec, "filtered",
                    [
                        "when": [
                            "all": [
                                ["field": "event_type", "in": ["view", "buy"]],
                                ["field": "product.price", "at_least": .number("0.50")],
                            ]
                        ]
                    ]),
                try node(
                    ValidateOperator.spec, "valid", ["schema": "s.json", "lineage": "meta.schema"]),
            ], timestamp: "occurred_at")
        try expectNoAllocation(rig)
    }

    @Test(
        "filter and map with expressions do not allocate per record", .enabled(if: isOptimised))
    func noAllocationOfExpressions() throws {
        let settings: [(OperatorSpec, Setting)] = [
            (ParseOperator.spec, [:]),
            (
                FilterOperator.spec,
                [
                    "when": """
                    event.event_type in ['view', 'buy'] && event.page.url.startsWith('https:')
                    && event.product.price * double(event.product.quantity) >= 0.5
                    """
                ]
            ),
            (
                MapOperator.spec,
                [
                    "compute": [
                        "total": "event.product.price * double(event.product.quantity)",
                        "band": "event.total > 100.0 ? 'large' : 'small'",
                        "customer": "event.?user_id.orValue('nobody') + '/' + event.event_id",
                        "coupon": "event.?coupon", "debug": "optional.none()",
                        "hour": "timestamp(event.occurred_at).getHours('Europe/Berlin')",
                    ]
                ]
            ),
            (FilterOperator.spec, ["when": "event.band == 'small' && !has(event.debug)"]),
        ]
        let rig = try OperatorRig(
            try settings.enumerated().map { index, entry in
                Topology.Node(
                    name: "n\(index)", spec: entry.0,
                    definition: try makeDefinition(entry.0, entry.1),
                    inputs: [])
            }, timestamp: "occurred_at")
        try expectNoAllocation(rig)
    }

    /// Sends thousands of records through; all of them must come out.
    private func expectNoAllocation(_ rig: OperatorRig) throws {
        let value = Array(
            #"""
            {"event_id":"e-17","event_type":"view","occurred_at":"2024-03-13T10:21:14+01:00","user_id":"u1",
            "page":{"url":"https://shop.example/p/1"},"product":{"price":19.90,"quantity":2},"debug":{}}
            """#.utf8)
        var written = 0
        func round() throws {
            try rig.driver.pipe(topic: "in") { batch, first in
                for offset in 0..<200 {
                    batch.append(
                        key: nil, value: unsafe value.span.bytes, headers: nil,
                        offset: first + Int64(offset), timestamp: 1_700_000_000_000)
                }
            }
            written += rig.driver.output.count
            rig.driver.output.removeAll()
        }
        for _ in 0..<3 { try round() }
        written = 0
        let before = malloc_count_this_thread()
        for _ in 0..<20 { try round() }
        let allocations = malloc_count_this_thread() - before
        #expect(written == 4_000)
        #expect(allocations == 0, "\(allocations) allocations for \(written) records")
    }
}
