import Events
import Foundation
import Operators
import StreamCore
import Testing
import TopologyFiles

@Suite("A topology file")
struct TopologyLoaderTests {
    static let example = """
        application: omnichannel
        kafka:
          bootstrap.servers: broker-1:9092,broker-2:9092
          enable.idempotence: true
          linger.ms: 5
        processing:
          guarantee: at_least_once
          commit_interval: 500ms
          threads: 2
          state_directory: /var/lib/millrace
          cache_size: 128MiB
          shutdown_grace: 1m
          broker_timeout: 2m
          max_task_idle: 0

        sources:
          raw:
            topics: [events.web, events.mobile]
            timestamp: occurred_at
            key: user.id
            watermark:
              { out_of_orderness: 10s, idle_after: 2m, when_idle: wall_clock, ahead_limit: 1h }

        operators:
          parsed: { parse: { format: json }, from: raw }
          sessions:
            from: parsed
            on_error: drop
            window: { key: user.id, gap: 30m, gap_by_channel: { pos: 5m } }

        sinks:
          enriched:    { from: sessions, key: user.id }
          dead-letter: { from: [parsed.failed, sessions.late] }

        tests:
          - name: an event comes through
            given:
              - { topic: events.web, key: ann, at: 2024-03-01T10:00:00Z, value: { id: 1 } }
              - { advance: 1h }
              - { end: true }
            then:
              enriched: [ { key: ann, value: { id: 1 } } ]
              dead-letter: []
        """

    @Test("is read with all its parts")
    func readsAllParts() throws {
        let file = try Loading().load(Self.example)
        #expect(file.path == "shop.yaml")
        #expect(file.application == "omnichannel")
        #expect(
            file.kafka.map { "\($0.name)=\($0.value) \($0.location)" } == [
                "bootstrap.servers=broker-1:9092,broker-2:9092 shop.yaml:3:22",
                "enable.idempotence=true shop.yaml:4:23", "linger.ms=5 shop.yaml:5:14",
            ])
        var processing = ProcessingSettings()
        processing.commitInterval = .milliseconds(500)
        processing.threads = 2
        processing.stateDirectory = "/var/lib/millrace"
        processing.cacheSize = 128 << 20
        processing.shutdownGrace = .seconds(60)
        processing.brokerTimeout = .seconds(120)
        processing.maxTaskIdle = .zero
        #expect(file.processing == processing)
    }

    @Test("becomes a graph of sources, operators and sinks with their places")
    func readsGraph() throws {
        let topology = try Loading().load(Self.example).topology
        let source = topology.sources[0]
        #expect(source.name == "raw")
        #expect(source.topics == ["events.web", "events.mobile"])
        #expect(source.timestamp?.description == "occurred_at")
        #expect(source.key?.description == "user.id")
        #expect(
            source.watermark
                == WatermarkSettings(
                    outOfOrderness: .seconds(10), idleAfter: .seconds(120), whenIdle: .wallClock,
                    aheadLimit: .seconds(3600)))
        #expect(source.location.description == "shop.yaml:17:3")

        #expect(topology.operators.map(\.name) == ["parsed", "sessions"])
        #expect(topology.operators.map(\.spec.name) == ["parse", "window"])
        #expect(topology.operators.map(\.errorPolicy) == [.deadLetter, .drop])
        #expect(topology.operators[1].inputs == [StreamReference("parsed")])
        #expect(topology.operators[1].location.description == "shop.yaml:26:3")

        #expect(topology.sinks.map(\.topic) == ["enriched", "dead-letter"])
        #expect(topology.sinks[0].key?.description == "user.id")
        #expect(topology.sinks[1].inputs.map(\.description) == ["parsed.failed", "sessions.late"])
        #expect(topology.sinks[1].inputs[1].location.description == "shop.yaml:33:40")
    }

    @Test("runs embedded, at least once, when it says nothing about it")
    func hasDefaults() throws {
        let file = try Loading().load(
            """
            application: shop
            sources: { raw: { topic: clicks } }
            operators: { parsed: { parse: { format: json }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            """)
        #expect(file.bootstrapServers.value == "embedded")
        #expect(file.kafka == [file.bootstrapServers])
        #expect(file.processing == ProcessingSettings())
        #expect(file.processing.guarantee == .atLeastOnce)
        #expect(file.processing.commitInterval == .milliseconds(200))
        #expect(file.processing.threads == 1)
        #expect(file.processing.stateDirectory == ".millrace/state")
        #expect(file.processing.cacheSize == 64 << 20)
        #expect(file.processing.shutdownGrace == .seconds(30))
        #expect(file.processing.brokerTimeout == .seconds(60))
        #expect(file.processing.maxTaskIdle == .seconds(1))
        #expect(file.topology.sources[0].watermark == WatermarkSettings())
        #expect(file.topology.operators[0].errorPolicy == .drop)
        #expect(file.tests.isEmpty)
    }

    @Test("gives the defaults that its documentation states")
    func documentedDefaultsAreTheRealOnes() throws {
        let file = try Loading().load(
            """
            application: shop
            processing:
              { guarantee: at_least_once, commit_interval: 200ms, threads: 1,
                state_directory: .millrace/state, cache_size: 64MiB, shutdown_grace: 30s,
                broker_timeout: 60s, max_task_idle: 1s }
            sources:
              raw:
                topic: clicks
                watermark:
                  { out_of_orderness: 0, idle_after: 1m, when_idle: hold, ahead_limit: 1d }
            operators: { parsed: { parse: { format: json }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            """)
        #expect(file.processing == ProcessingSettings())
        #expect(file.topology.sources[0].watermark == WatermarkSettings())
    }

    @Test("may keep anchors under keys that begin with x-, and use them")
    func usesAnchors() throws {
        let file = try Loading().load(
            """
            x-shared:
              patience: &patience { out_of_orderness: 5s, idle_after: 10s }
            application: shop
            sources:
              raw: { topic: clicks, watermark: { <<: *patience, idle_after: 20s } }
              more: { topic: views, watermark: *patience }
            operators:
              a: { parse: { format: json }, from: raw, on_error: drop }
              b: { parse: { format: json }, from: more, on_error: drop }
            sinks: { out: { from: [a, b] } }
            """)
        let watermarks = file.topology.sources.map(\.watermark)
        #expect(watermarks.map(\.outOfOrderness) == [.seconds(5), .seconds(5)])
        #expect(watermarks.map(\.idleAfter) == [.seconds(20), .seconds(10)])
    }

    @Test("that is not there is reported with its name")
    func reportsMissingFile() {
        let loader = TopologyLoader(operators: FakeOperators.registry, environment: [:])
        #expect(throws: Diagnostics.self) { try loader.load("no/such/file.yaml") }
        do {
            _ = try loader.load("no/such/file.yaml")
        } catch {
            #expect(
                error.description
                    == "no/such/file.yaml:1:1: error: cannot read the topology: "
                    + "there is no such file")
        }
    }

    @Test("names files relative to its own folder")
    func readsFilesBesideIt() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("topology-\(UInt64.random(in: 0 ... .max))")
        let schemas = folder.appendingPathComponent("schemas")
        try FileManager.default.createDirectory(at: schemas, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("{}".utf8).write(to: schemas.appendingPathComponent("event.json"))
        let topology = folder.appendingPathComponent("shop.yaml")
        let text = """
            application: shop
            sources: { raw: { topic: clicks } }
            operators:
              parsed: { parse: { format: json }, from: raw, on_error: drop }
              valid: { validate: { schema: SCHEMA }, from: parsed, on_error: drop }
            sinks: { out: { from: valid } }
            """
        let loader = TopologyLoader(operators: FakeOperators.registry, environment: [:])

        try Data(text.replacing("SCHEMA", with: "schemas/event.json").utf8).write(to: topology)
        #expect(try loader.load(topology.path).topology.operators.count == 2)

        try Data(text.replacing("SCHEMA", with: "schemas/evnt.json").utf8).write(to: topology)
        #expect(throws: Diagnostics.self) { try loader.load(topology.path) }
        do {
            _ = try loader.load(topology.path)
        } catch {
            #expect(
                error.description
                    == "\(topology.path):5:32: error: 'schema' names a file that does not exist: "
                    + "'schemas/evnt.json'; it is looked for at \(schemas.path)/evnt.json")
        }

        try Data(text.replacing("SCHEMA", with: "schemas").utf8).write(to: topology)
        do {
            _ = try loader.load(topology.path)
            Issue.record("a folder was read as a file")
        } catch {
            #expect(
                error.description.hasPrefix(
                    "\(topology.path):5:32: error: cannot read \(schemas.path): "))
        }
    }

    @Test("names the inputs of an operator and says which sources every task reads")
    func namedInputs() throws {
        let file = try Loading(operators: OperatorRegistry([FakeOperators.parse, Self.lookup]))
            .load(
                """
                application: shop
                sources:
                  raw: { topics: [clicks] }
                  notes: { topics: [notes], broadcast: first }
                operators:
                  parsed: { parse: { format: json }, from: raw, on_error: drop }
                  noted: { parse: { format: json }, from: notes, on_error: drop }
                  known: { lookup: {}, from: parsed, with: { table: noted } }
                sinks:
                  out: { from: known }
                """)
        #expect(file.topology.sources.map(\.broadcast) == [nil, .first])
        #expect(file.topology.operators.last?.namedInputs == [StreamReference("noted")])
    }

    private static let lookup = OperatorSpec(
        name: "lookup", summary: "Looks up.", fields: [],
        namedInputs: [.init("table", "The table.", required: true, broadcast: true)], example: "",
        make: { _ in FakeDefinition() })

    @Test("says what is wrong with named inputs and broadcast sources")
    func namedInputMistakes() {
        let complaints = Loading(operators: OperatorRegistry([FakeOperators.parse, Self.lookup]))
            .complaints(
                """
                application: shop
                sources:
                  raw: { topics: [clicks] }
                  notes: { topics: [notes], broadcast: frist, key: id }
                  others: { topics: [others], broadcast: first, watermark: { idle_after: 1m } }
                operators:
                  parsed: { parse: { format: json }, from: raw, on_error: drop, with: { a: b } }
                  noted: { parse: { format: json }, from: notes, on_error: drop }
                  known: { lookup: {}, from: parsed, with: { tabel: noted } }
                sinks:
                  out: { from: [known, noted] }
                """)
        let expected = """
            shop.yaml:4:40: error: 'broadcast' must be in_order or first, not 'frist'; \
            did you mean 'first'?
            shop.yaml:5:3: error: nothing reads the source 'others'; add a 'parse' operator with \
            'from: others'
            shop.yaml:5:60: error: 'watermark' has no meaning for a broadcast source, which does \
            not move the clock and goes to every task; take it out
            shop.yaml:7:73: error: 'parse' has no named inputs; name what it reads under 'from'
            shop.yaml:9:46: error: 'lookup' has no input 'tabel'; did you mean 'table'?
            """
        #expect(complaints.prefix(5).joined(separator: "\n") == expected)
    }
}
