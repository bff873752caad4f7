import Events
import Foundation
import Sketches
import Testing

@Suite("FrequentValues")
struct FrequentValuesTests {
    private func insert(_ value: String, into values: inout FrequentValues) {
        let bytes = Array(value.utf8)
        unsafe bytes.withUnsafeBytes { unsafe values.insert($0) }
    }

    private func top(_ values: FrequentValues, _ limit: Int) -> [(String, UInt64, UInt64)] {
        var found: [(String, UInt64, UInt64)] = []
        unsafe values.forEachOfTop(limit) { value, count, error in
            found.append((unsafe String(decoding: value, as: UTF8.self), count, error))
        }
        return found
    }

    /// Values whose frequencies fall off with their number, and now and then a new one.
    private func stream(_ count: Int, seed: UInt64) -> [String] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            if Int.random(in: 0..<4, using: &random) == 0 { return "new-\(seed)-\(index)" }
            return "v\(Int(pow(200, Double.random(in: 0..<1, using: &random))))"
        }
    }

    /// Metwally and others: f <= count <= f + N / m, and what comes more often than N / m is there.
    private func expectWithinBound(_ values: FrequentValues, _ stream: [String]) {
        let exact = Dictionary(grouping: stream, by: { $0 }).mapValues { UInt64($0.count) }
        let bound = UInt64(stream.count / values.capacity)
        #expect(values.total == UInt64(stream.count))
        let found = top(values, .max)
        #expect(found.count <= values.capacity)
        for (value, count, error) in found {
            let frequency = exact[value] ?? 0
            #expect(frequency <= count && count <= frequency + bound, "\(value)")
            #expect(error <= bound && count - error <= frequency, "\(value)")
        }
        let names = Set(found.map(\.0))
        for (value, frequency) in exact where frequency > bound {
            #expect(names.contains(value), "\(value), which came \(frequency) times")
        }
    }

    @Test("counts are within the published bound", arguments: 0..<20)
    func bounds(seed: UInt64) {
        var values = FrequentValues(capacity: [1, 5, 40, 100][Int(seed) % 4])
        let stream = stream(5_000, seed: seed)
        for value in stream { insert(value, into: &values) }
        expectWithinBound(values, stream)
    }

    @Test("counts of unions of unions are too", arguments: 20..<50)
    func unions(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = [1, 5, 40, 100][Int(seed) % 4]
        var parts = (0..<8).map { part in
            (
                FrequentValues(capacity: capacity),
                stream(Int.random(in: 0..<1_500, using: &random), seed: seed * 10 + UInt64(part))
            )
        }
        for index in parts.indices {
            for value in parts[index].1 { insert(value, into: &parts[index].0) }
        }
        while parts.count > 1 {
            let other = parts.remove(at: Int.random(in: 0..<parts.count, using: &random))
            let into = Int.random(in: 0..<parts.count, using: &random)
            parts[into].0.formUnion(other.0)
            parts[into].1 += other.1
            expectWithinBound(parts[into].0, parts[into].1)
            let more = stream(100, seed: seed)
            for value in more { insert(value, into: &parts[into].0) }
            parts[into].1 += more
        }
        expectWithinBound(parts[0].0, parts[0].1)
    }

    @Test("with a counter for each value counts are exact, and of one count the texts decide")
    func order() {
        var values = FrequentValues(capacity: 10)
        for value in ["b", "a", "c", "b", "a", "", "b"] { insert(value, into: &values) }
        let found = top(values, 3)
        #expect(found.map(\.0) == ["b", "a", ""])
        #expect(found.map(\.1) == [3, 2, 1])
        #expect(found.allSatisfy { $0.2 == 0 })
    }

    @Test("bytes read back as the same counters")
    func bytes() throws {
        var values = FrequentValues(capacity: 40)
        for value in stream(3_000, seed: 1) { insert(value, into: &values) }
        var read = FrequentValues(capacity: 40)
        insert("before", into: &read)
        try withEncoded(values.encode) { reader in
            try read.decode(&reader)
            #expect(reader.isAtEnd)
        }
        #expect(top(read, .max).map(\.0) == top(values, .max).map(\.0))
        #expect(read.total == values.total)
        // And they go on alike.
        for value in stream(500, seed: 2) {
            insert(value, into: &values)
            insert(value, into: &read)
        }
        #expect(top(read, .max).map(\.1) == top(values, .max).map(\.1))
    }

    @Test("damaged bytes throw or give counters that work")
    func damage() {
        var values = FrequentValues(capacity: 20)
        for value in stream(1_000, seed: 1) { insert(value, into: &values) }
        forEachDamage(of: values.encode, seed: 6) { reader in
            var read = FrequentValues(capacity: 20)
            guard (try? read.decode(&reader)) != nil else { return }
            for value in stream(50, seed: 3) { insert(value, into: &read) }
            var union = values
            union.formUnion(read)
            #expect(top(union, .max).count == 20)
        }
    }
}
