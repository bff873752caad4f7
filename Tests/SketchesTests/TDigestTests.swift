import Events
import Foundation
import Sketches
import Testing

@Suite("TDigest")
struct TDigestTests {
    enum Shape: CaseIterable {
        case uniform, exponential, bimodal, sorted, reversed, fewValues, heavyTail, alternating
    }

    private static func numbers(_ shape: Shape, _ count: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            let uniform = Double.random(in: 0..<1, using: &random)
            return switch shape {
            case .uniform: uniform
            case .exponential: -log(1 - uniform)
            case .bimodal: uniform < 0.3 ? uniform : 1_000 + uniform
            case .sorted: Double(index)
            case .reversed: Double(-index)
            case .fewValues: (uniform * 10).rounded()
            case .heavyTail: pow(1 - uniform, -2)
            case .alternating: index % 2 == 0 ? Double(index) : -Double(index)
            }
        }
    }

    /// The shares of the sorted numbers that are below, and not above, a value.
    private static func ranks(of value: Double, in sorted: [Double]) -> ClosedRange<Double> {
        let below = sorted.partitioningIndex { $0 >= value }
        let notAbove = sorted.partitioningIndex { $0 > value }
        let count = Double(sorted.count)
        return Double(below) / count...Double(notAbove) / count
    }

    private static let shares = [0, 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

    private func expectWithinBound(_ digest: TDigest, _ numbers: [Double]) {
        let sorted = numbers.sorted()
        for share in Self.shares {
            let ranks = Self.ranks(of: digest.quantile(share)!, in: sorted)
            let distance = max(0, max(ranks.lowerBound - share, share - ranks.upperBound))
            #expect(
                distance <= digest.rankErrorBound(at: share),
                "\(share) is at \(ranks), more than \(digest.rankErrorBound(at: share)) away")
        }
        #expect(digest.quantile(0) == sorted.first)
        #expect(digest.quantile(1) == sorted.last)
        #expect(digest.count == UInt64(numbers.count))
    }

    @Test(
        "ranks are within the width of a cluster",
        arguments: Shape.allCases, [100, 1_000, 40_000])
    func bounds(shape: Shape, count: Int) {
        for compression in [50, 200] {
            let numbers = Self.numbers(shape, count, seed: UInt64(count))
            var digest = TDigest(compression: compression)
            for number in numbers { digest.insert(number) }
            expectWithinBound(digest, numbers)
        }
    }

    @Test("ranks of a union are too, of parts of any size", arguments: Shape.allCases, 0..<3)
    func union(shape: Shape, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let numbers = Self.numbers(shape, 20_000, seed: seed)
        var rest = numbers[...]
        var whole = TDigest()
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...4_000, using: &random))
            rest = rest.dropFirst(part.count)
            var digest = TDigest()
            for number in part { digest.insert(number) }
            whole.formUnion(digest)
        }
        expectWithinBound(whole, numbers)
    }

    @Test("as long as all numbers are kept, quantiles are Hazen's", arguments: 1..<65)
    func exact(count: Int) {
        let numbers = Self.numbers(.uniform, count, seed: UInt64(count))
        var digest = TDigest()
        for number in numbers { digest.insert(number) }
        let sorted = numbers.sorted()
        for share in Self.shares {
            let place = share * Double(count) - 0.5
            let low = min(max(Int(place.rounded(.down)), 0), count - 1)
            let high = min(max(Int(place.rounded(.up)), 0), count - 1)
            let expected = sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
            let isInside = place >= 0 && place <= Double(count - 1)
            if isInside { #expect(abs(digest.quantile(share)! - expected) < 1e-12) }
        }
    }

    @Test("it stays small, and bytes read back as the same digest", arguments: Shape.allCases)
    func bytes(shape: Shape) throws {
        var digest = TDigest()
        var other = TDigest()
        for number in Self.numbers(shape, 30_000, seed: 3) { digest.insert(number) }
        try withEncoded(digest.encode) { reader in
            try other.decode(&reader)
            #expect(reader.isAtEnd)
            #expect(reader.position <= (200 + 65) * 12)
        }
        #expect(other == digest)
        #expect(other.count == digest.count)
    }

    @Test("numbers at the ends of what there is give no infinity")
    func extremes() {
        var digest = TDigest(compression: 20)
        for index in 0..<1_000 {
            digest.insert(
                index % 2 == 0 ? Double.greatestFiniteMagnitude : -.greatestFiniteMagnitude)
            digest.insert(.nan)
            digest.insert(.infinity)
            digest.insert(-0.0)
        }
        #expect(digest.count == 2_000)
        for share in Self.shares { #expect(digest.quantile(share)!.isFinite) }
        #expect(TDigest().quantile(0.5) == nil)
    }

    @Test("damaged bytes throw or give a digest that works", arguments: [3, 5_000])
    func damage(count: Int) {
        var digest = TDigest()
        for number in Self.numbers(.exponential, count, seed: 4) { digest.insert(number) }
        forEachDamage(of: digest.encode, seed: 5) { reader in
            var read = TDigest()
            guard (try? read.decode(&reader)) != nil else { return }
            for number in 0..<100 { read.insert(Double(number)) }
            #expect(read.quantile(0.5) != nil)
        }
    }
}

extension Array {
    /// The first index whose element meets a condition that all behind it meet too.
    func partitioningIndex(where isMet: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isMet(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
