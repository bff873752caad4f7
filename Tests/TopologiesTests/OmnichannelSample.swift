import Events
import SampleEvents
import StreamCore

/// Sample records, and what the shipped omnichannel topology must find in them.
struct OmnichannelSample {
    struct Record {
        let topic: String
        let key: [UInt8]
        let value: [UInt8]
        let timestamp: Timestamp

        func pipe(into driver: TopologyDriver) throws {
            try driver.pipe(topic: topic, key: key, value: value, timestamp: timestamp)
        }
    }

    private(set) var records: [Record] = []
    private(set) var expectation: SampleExpectation

    init(count: Int, seed: UInt64 = 1) {
        // The gaps of Topologies/omnichannel.yaml.
        expectation = SampleExpectation(gap: .seconds(1800), gapByChannel: [.pos: .seconds(300)])
        var settings = SampleEventSettings()
        settings.customers = 500
        settings.eventsPerSecond = 2  // sessions end within the sample
        settings.brokenShare = 0.03
        var generator = SampleEventGenerator(seed: seed, settings: settings)
        var record = SampleRecord()
        for _ in 0..<count {
            generator.next(into: &record)
            expectation.add(record)
            records.append(
                unsafe Record(
                    topic: record.channel.topic, key: Array(record.key.bytes),
                    value: Array(record.value.bytes), timestamp: record.timestamp))
        }
    }
}
