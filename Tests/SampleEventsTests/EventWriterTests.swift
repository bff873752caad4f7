import Events
import Foundation
import SampleEvents
import Testing

@Suite("The events of a sample")
struct EventWriterTests {
    private let records = sample(of: 30_000)

    @Test("a record without a fault is a JSON object with the canonical fields")
    func validRecordsHaveTheCanonicalFields() throws {
        for record in records where record.fault == nil {
            let event = try #require(
                record.json, "\(String(decoding: record.value, as: UTF8.self))")
            #expect((event["event_id"] as? String)?.count == 36)
            #expect(event["event_type"] is String)
            #expect(event["channel"] as? String == "\(record.channel)")
            let occurredAt = try #require(event["occurred_at"] as? String)
            #expect(Timestamp(iso8601: occurredAt) == record.occurredAt)
        }
    }

    @Test("event ids are unique but for repeated records")
    func identifiersAreUnique() throws {
        let fresh = records.filter { $0.fault == nil && !$0.isDuplicate }
        let identifiers = try fresh.map { try #require($0.json?["event_id"] as? String) }
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test("a parser refuses truncated records and those with bytes that are not UTF-8")
    func unparseableRecordsAreUnparseable() {
        for record in records where record.fault?.isUnparseable == true {
            #expect(record.json == nil, "\(String(decoding: record.value, as: UTF8.self))")
        }
    }

    @Test("an invalid record parses, keeps its time, and lacks a field or has it with another type")
    func invalidRecordsAreJSON() throws {
        for record in records where record.fault == .missingField || record.fault == .wrongType {
            let event = try #require(record.json)
            #expect(event["occurred_at"] is String)
            let required = ["event_id", "event_type", "channel"]
            #expect(!required.allSatisfy { event[$0] is String })
            if record.fault == .wrongType { #expect(required.allSatisfy { event[$0] != nil }) }
        }
    }

    @Test("people are anonymous until they log in, and the same person is the same everywhere")
    func identifiersBelongToOnePerson() throws {
        var owners: [String: [UInt8]] = [:]
        var shown: [String: Int] = [:]
        for record in records {
            guard record.fault == nil, let event = record.json else { continue }
            for name in ["user_id", "email", "loyalty_id", "device_id"] {
                guard let identifier = event[name] as? String else { continue }
                shown[name, default: 0] += 1
                #expect(owners[identifier, default: record.key] == record.key)
                owners[identifier] = record.key
            }
            if event["event_type"] as? String == "login" { #expect(event["user_id"] is String) }
        }
        // Every kind of identifier occurs, none on all events.
        #expect(shown.count == 4)
        #expect(shown.values.allSatisfy { $0 > 500 && $0 < records.count * 9 / 10 })
    }

    @Test("all channels take part, and each writes what belongs to it")
    func channelsDiffer() throws {
        for channel in SampleChannel.allCases {
            let events = records.filter { $0.channel == channel && $0.fault == nil }
            #expect(share(of: records) { $0.channel == channel } > 0.02)
            #expect(channel.topic == "events.\(channel)")
            let fields = Set(events.flatMap { ($0.json ?? [:]).keys })
            #expect(fields.contains("message") == (channel == .support))
            #expect(fields.contains("page") == (channel == .web || channel == .mobile))
            #expect(fields.contains("order") == (channel != .support))
        }
    }

    @Test("totals have two decimals and are negative for refunds")
    func totalsAreExact() throws {
        let pattern = /"event_type":"(?<type>purchase|refund)".*"total":(?<total>-?\d+\.\d\d),/
        var count = 0
        for record in records where record.fault == nil {
            let text = String(decoding: record.value, as: UTF8.self)
            guard let match = text.firstMatch(of: pattern) else { continue }
            #expect((match.type == "refund") == match.total.hasPrefix("-"))
            count += 1
        }
        #expect(count > 500)
    }
}
