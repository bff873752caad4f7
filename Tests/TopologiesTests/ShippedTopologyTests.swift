import Events
import SampleEvents
import StreamCore
import Testing
import TopologyFiles

@Suite("The topologies that Millrace ships")
struct ShippedTopologyTests {
    @Test("load, and pass the tests that stand in them", arguments: ShippedTopology.all)
    func testsPass(topology: ShippedTopology) throws {
        let file = try topology.file()
        #expect(!file.tests.isEmpty)
        let runner = try TopologyTestRunner(file)
        for test in file.tests {
            let result = runner.run(test)
            #expect(result.hasPassed, "\(test.name): \(result.failures)")
        }
    }

    @Test("omnichannel finds in a sample exactly what is in it")
    func omnichannelFindsEverything() throws {
        let sample = OmnichannelSample(count: 60_000)
        let driver = try TopologyDriver(plan: ShippedTopology.omnichannel.plan())
        for record in sample.records { try record.pipe(into: driver) }
        try driver.finish()
        let outputs = Dictionary(grouping: driver.takeOutputs(), by: \.topic)

        let expected = sample.expectation
        let found = try outputs["sessions", default: []].map { record in
            let fields = record.fields
            return SampleExpectation.Session(
                key: try #require(fields["key"] as? String),
                start: try #require(Timestamp(iso8601: fields["start"] as? String ?? "")),
                end: try #require(Timestamp(iso8601: fields["end"] as? String ?? "")),
                eventCount: try #require(fields["event_count"] as? Int))
        }
        #expect(found.sorted() == expected.sessions())
        #expect(outputs["events.valid"]?.count == expected.validCount)
        #expect(outputs["repeats"]?.count == expected.repeatCount)
        #expect(outputs["late"] == nil)

        let refused = Dictionary(
            grouping: outputs["dead-letter", default: []], by: { $0.headers["millrace.operator"] })
        #expect(refused["parsed"]?.count == expected.unparseableCount)
        #expect(refused["valid"]?.count == expected.invalidCount)
        #expect(refused.count == 2)
    }

    @Test("a stop and resume between any two commits changes no output", arguments: [1, 7, 500])
    func resumingChangesNothing(recordsPerRun: Int) throws {
        let sample = OmnichannelSample(count: recordsPerRun == 1 ? 300 : 5_000)
        let plan = try ShippedTopology.omnichannel.plan()
        let straight = try TopologyDriver(plan: plan)
        for record in sample.records { try record.pipe(into: straight) }
        try straight.finish()

        let storage = InMemoryStateStorage()
        var outputs: [DriverRecord] = []
        for start in stride(from: 0, to: sample.records.count, by: recordsPerRun) {
            let driver = try TopologyDriver(plan: plan, storage: storage)
            let end = min(start + recordsPerRun, sample.records.count)
            for record in sample.records[start..<end] { try record.pipe(into: driver) }
            if end == sample.records.count { try driver.finish() }
            try driver.commit()
            outputs += driver.takeOutputs()
            driver.close()
        }
        #expect(outputs == straight.takeOutputs())
    }
}
