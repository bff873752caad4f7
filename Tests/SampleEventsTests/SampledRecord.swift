import Events
import Foundation
import SampleEvents

/// A copy of a sample record that outlives the next one.
struct SampledRecord: Sendable {
    let channel: SampleChannel
    let key: [UInt8]
    let value: [UInt8]
    let timestamp: Timestamp
    let occurredAt: Timestamp
    let customer: Int
    let fault: SampleFault?
    let isDuplicate: Bool

    init(_ record: borrowing SampleRecord) {
        channel = record.channel
        key = unsafe Array(record.key.bytes)
        value = unsafe Array(record.value.bytes)
        timestamp = record.timestamp
        occurredAt = record.occurredAt
        customer = record.customer
        fault = record.fault
        isDuplicate = record.isDuplicate
    }

    var delay: Int64 { timestamp.milliseconds(since: occurredAt) }

    /// The value as Foundation reads it; `nil` when it can't.
    var json: [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any]
    }
}

/// The first `count` records of a sample.
func sample(
    of count: Int, seed: UInt64 = 1, settings: SampleEventSettings = SampleEventSettings()
) -> [SampledRecord] {
    var generator = SampleEventGenerator(seed: seed, settings: settings)
    var record = SampleRecord()
    return (0..<count).map { _ in
        generator.next(into: &record)
        return SampledRecord(record)
    }
}

/// How many of `elements` satisfy `predicate`, from 0 to 1.
func share<Element>(of elements: [Element], where predicate: (Element) -> Bool) -> Double {
    Double(elements.count(where: predicate)) / Double(elements.count)
}

extension Double {
    func isClose(to other: Double, within tolerance: Double) -> Bool {
        abs(self - other) <= tolerance
    }
}
