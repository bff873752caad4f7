import Events
import Foundation

/// What a reader of committed records finds on a topic: the records of each key in their order.
struct CommittedOutput {
    /// A record by what it says, and where it lies.
    private struct Entry {
        let fingerprint: Int
        let place: Place
    }

    let topic: String
    private(set) var recordCount = 0
    private var entries: [String: [Entry]] = [:]

    /// Reads a topic to its end. `inspect` is shown every value.
    init(of topic: String, on broker: TestBroker, inspect: ((Data) -> Void)? = nil) throws {
        self.topic = topic
        var found: [String: [Entry]] = [:]
        var count = 0
        try broker.scan(topic) { partition, slot, batch in
            let key = unsafe String(
                decoding: Self.part(slot.keyStart, slot.keyCount, batch), as: UTF8.self)
            if let inspect {
                unsafe inspect(Data(Self.part(slot.valueStart, slot.valueCount, batch)))
            }
            count += 1
            found[key, default: []].append(
                Entry(
                    fingerprint: Self.fingerprint(of: slot, in: batch),
                    place: Place(partition: partition, offset: slot.offset)))
        }
        entries = found
        recordCount = count
    }

    /// Of all that must be the same in every run: not of the name of the application, which the
    /// header of a dead letter says.
    private static func fingerprint(of slot: RecordBatch.Slot, in batch: RecordBatch) -> Int {
        var hasher = Hasher()
        hasher.combine(slot.timestamp)
        hasher.combine(slot.valueCount)
        unsafe hasher.combine(bytes: part(slot.valueStart, slot.valueCount, batch))
        var headers = unsafe RecordHeaders(part(slot.headersStart, slot.headersCount, batch))
        while let header = headers.next() {
            let isOwn = unsafe header.name.elementsEqual("millrace.application".utf8)
            if isOwn { continue }
            unsafe hasher.combine(bytes: header.name)
            if let value = unsafe header.value { unsafe hasher.combine(bytes: value) }
        }
        return hasher.finalize()
    }

    private static func part(
        _ start: UInt32, _ count: Int32, _ batch: RecordBatch
    ) -> UnsafeRawBufferPointer {
        guard count > 0 else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        return unsafe UnsafeRawBufferPointer(
            rebasing: batch.bytes[Int(start)..<Int(start) + Int(count)])
    }
}

extension CommittedOutput {
    /// In what an output is not the answer.
    struct Difference: CustomStringConvertible {
        var lost = 0
        var surplus = 0
        var keysOutOfOrder = 0
        var examples: [String] = []
        fileprivate var lostPlaces: Set<Place> = []
        fileprivate var surplusPlaces: Set<Place> = []

        var isNone: Bool { lost == 0 && surplus == 0 && keysOutOfOrder == 0 }

        var description: String {
            "\(lost) lost, \(surplus) too many, \(keysOutOfOrder) keys out of order"
                + examples.map { "\n  \($0)" }.joined()
        }
    }

    fileprivate struct Place: Hashable, CustomStringConvertible {
        let partition: Int32
        let offset: Int64

        var description: String { "\(partition)@\(offset)" }
    }

    /// The first records in which an output is not the answer, as they lie on their topics.
    func records(
        of difference: Difference, from answer: CommittedOutput, on broker: TestBroker
    ) throws -> String {
        try Self.texts("in the answer only", difference.lostPlaces, of: answer.topic, on: broker)
            + Self.texts("too many", difference.surplusPlaces, of: topic, on: broker)
    }

    private static func texts(
        _ title: String, _ places: Set<Place>, of topic: String, on broker: TestBroker
    ) throws -> String {
        var texts = ""
        try broker.scan(topic) { partition, slot, batch in
            let place = Place(partition: partition, offset: slot.offset)
            guard places.contains(place) else { return }
            let value = unsafe String(
                decoding: part(slot.valueStart, slot.valueCount, batch), as: UTF8.self)
            texts += "\n  \(title), \(place) at \(slot.timestamp): \(value)"
        }
        return texts
    }

    func difference(from answer: CommittedOutput) -> Difference {
        var difference = Difference()
        for key in Set(entries.keys).union(answer.entries.keys).sorted() {
            compare(
                entries[key, default: []], with: answer.entries[key, default: []], key: key,
                into: &difference)
        }
        return difference
    }

    private func compare(
        _ found: [Entry], with expected: [Entry], key: String, into difference: inout Difference
    ) {
        guard found.map(\.fingerprint) != expected.map(\.fingerprint) else { return }
        let lost = Self.entries(of: expected, notIn: found)
        let surplus = Self.entries(of: found, notIn: expected)
        difference.lost += lost.count
        difference.surplus += surplus.count
        if lost.isEmpty, surplus.isEmpty { difference.keysOutOfOrder += 1 }
        guard difference.examples.count < 8 else { return }
        difference.lostPlaces.formUnion(lost.prefix(5).map(\.place))
        difference.surplusPlaces.formUnion(surplus.prefix(5).map(\.place))
        func places(_ entries: [Entry]) -> String {
            entries.prefix(5).map(\.place.description).joined(separator: " ")
        }
        difference.examples.append(
            "\(key): \(found.count) records for \(expected.count); in the answer only: "
                + "\(places(lost)); too many: \(places(surplus))")
    }

    /// What is left of `entries` when each record of `others` is taken away once.
    private static func entries(of entries: [Entry], notIn others: [Entry]) -> [Entry] {
        var counts: [Int: Int] = [:]
        for entry in others { counts[entry.fingerprint, default: 0] += 1 }
        return entries.filter { entry in
            counts[entry.fingerprint, default: 0] -= 1
            return counts[entry.fingerprint, default: 0] < 0
        }
    }
}
