import Events
import Foundation
import SampleEvents
import Testing

@Suite("The sample event generator")
struct SampleEventGeneratorTests {
    @Test("the same seed gives the same bytes on every machine")
    func isDeterministic() {
        // A change of this number is a change of every sample that was ever made with a seed.
        #expect(checksum(seed: 1) == 2_145_555_731_471_351_760)
        #expect(checksum(seed: 1) == checksum(seed: 1))
        #expect(checksum(seed: 1) != checksum(seed: 2))
    }

    @Test("the shares of broken, repeated and disordered records are those of the settings")
    func sharesHold() {
        var settings = SampleEventSettings()
        settings.brokenShare = 0.1
        settings.duplicateShare = 0.05
        settings.outOfOrderShare = 0.2
        let records = sample(of: 50_000, settings: settings)
        let fresh = records.filter { !$0.isDuplicate }
        #expect(share(of: fresh) { $0.fault != nil }.isClose(to: 0.1, within: 0.01))
        #expect(share(of: records) { $0.isDuplicate }.isClose(to: 0.05 / 1.05, within: 0.01))
        #expect(share(of: fresh) { $0.occurredAt < $0.timestamp }.isClose(to: 0.2, within: 0.01))
        for fault in SampleFault.allCases {
            #expect(share(of: fresh) { $0.fault == fault }.isClose(to: 0.025, within: 0.005))
        }
    }

    @Test("with all shares at zero every record is well-formed, new and in order")
    func zeroSharesGiveACleanSample() {
        var settings = SampleEventSettings()
        settings.brokenShare = 0
        settings.duplicateShare = 0
        settings.outOfOrderShare = 0
        let records = sample(of: 20_000, settings: settings)
        #expect(records.allSatisfy { $0.fault == nil && !$0.isDuplicate })
        #expect(zip(records, records.dropFirst()).allSatisfy { $0.occurredAt <= $1.occurredAt })
        #expect(Set(records.map(\.value)).count == records.count)
    }

    @Test("records arrive in the order of their timestamps and no later than the bound")
    func disorderIsBounded() {
        var settings = SampleEventSettings()
        settings.outOfOrderShare = 0.5
        settings.duplicateShare = 0.5
        settings.outOfOrderBound = .seconds(2)
        let records = sample(of: 20_000, settings: settings)
        #expect(zip(records, records.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
        #expect(records.allSatisfy { (0...2001).contains($0.delay) })
        #expect(zip(records, records.dropFirst()).contains { $0.occurredAt > $1.occurredAt })
    }

    @Test("event time goes on at the rate of the settings", arguments: [0.5, 20, 5_000])
    func rateHolds(eventsPerSecond: Double) throws {
        var settings = SampleEventSettings()
        settings.eventsPerSecond = eventsPerSecond
        settings.duplicateShare = 0
        settings.outOfOrderShare = 0
        let records = sample(of: 20_000, settings: settings)
        let last = try #require(records.last)
        let milliseconds = last.timestamp.milliseconds(since: settings.start)
        let rate = 20_000 / (Double(milliseconds) / 1000)
        #expect((rate / eventsPerSecond).isClose(to: 1, within: 0.03))
    }

    @Test("a repeated record has the bytes, key and channel of an earlier one")
    func duplicatesAreByteForByte() {
        var seen: Set<[UInt8]> = []
        for record in sample(of: 20_000) {
            if record.isDuplicate {
                #expect(seen.contains(record.key + record.value))
            }
            seen.insert(record.key + record.value)
        }
    }

    @Test("most values have 350 to 450 bytes")
    func sizesHold() {
        let whole = sample(of: 20_000).filter { $0.fault != .truncated }
        let usual = share(of: whole) { (350...450).contains($0.value.count) }
        #expect(usual > 0.8)
        #expect(whole.allSatisfy { (290...620).contains($0.value.count) })
    }

    @Test("settings that make no sense stop the process with a reason")
    func settingsAreChecked() async {
        await #expect(processExitsWith: .failure) {
            var settings = SampleEventSettings()
            settings.brokenShare = 1.5
            _ = SampleEventGenerator(seed: 1, settings: settings)
        }
        await #expect(processExitsWith: .failure) {
            var settings = SampleEventSettings()
            settings.customers = 1
            _ = SampleEventGenerator(seed: 1, settings: settings)
        }
    }

    /// FNV-1a over everything that a consumer sees of the first 10,000 records.
    private func checksum(seed: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for record in sample(of: 10_000, seed: seed) {
            let head = [record.channel.rawValue] + "\(record.timestamp)".utf8
            for byte in head + record.key + record.value {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            }
        }
        return hash
    }
}
