import Events
import Sketches
import Testing

@Suite("HyperLogLog")
struct HyperLogLogTests {
    private func sketch(_ values: some Sequence<UInt64>, precision: Int = 12, seed: UInt32 = 0)
        -> HyperLogLog
    {
        var sketch = HyperLogLog(precision: precision)
        for value in values { sketch.insert(hash(value, seed: seed)) }
        return sketch
    }

    @Test("few values are counted exactly, however often they come")
    func exact() {
        #expect(HyperLogLog().count == 0)
        for count: UInt64 in [1, 2, 100, 384] {
            let sketch = sketch((0..<3 * count).map { $0 % count })
            #expect(sketch.count == count)
            #expect(sketch.isExact)
        }
        #expect(!sketch(0..<385).isExact)
    }

    /// 1.04 / sqrt(m), as Flajolet and others give it: of fifty sketches the root mean square of
    /// the errors is near it, and none is off by five times as much.
    @Test(
        "counts are within the published standard error",
        arguments: [10, 12, 14], [400, 2_000, 10_000, 100_000] as [UInt64])
    func error(precision: Int, count: UInt64) {
        let sketches = 20
        var squares = 0.0
        for seed in 0..<UInt32(sketches) {
            let sketch = sketch(0..<count, precision: precision, seed: seed)
            let error = (Double(sketch.count) - Double(count)) / Double(count)
            #expect(abs(error) < 5 * sketch.standardError)
            squares += error * error
        }
        let root = (squares / Double(sketches)).squareRoot()
        // The estimate of a deviation from twenty has one of a sixth itself.
        #expect(root < 1.5 * HyperLogLog(precision: precision).standardError, "\(root)")
    }

    @Test("a union is the sketch of both sets, in any order and form", arguments: 0..<30)
    func union(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = (0..<4).map { _ -> [UInt64] in
            let count = [0, 5, 300, 900, 5_000].randomElement(using: &random)!
            return (0..<count).map { _ in UInt64.random(in: 0..<8_000, using: &random) }
        }
        let whole = sketch(parts.joined())
        var forwards = HyperLogLog()
        for part in parts { forwards.formUnion(sketch(part)) }
        var backwards = HyperLogLog()
        for part in parts.reversed() { backwards.formUnion(sketch(part.shuffled(using: &random))) }
        #expect(forwards == whole)
        #expect(backwards == whole)
        forwards.formUnion(whole)
        #expect(forwards == whole)
    }

    @Test(
        "bytes read back as the same sketch, and hold at most six bits a register",
        arguments: [0, 1, 384, 385, 50_000] as [UInt64])
    func bytes(count: UInt64) throws {
        let written = sketch(0..<count)
        // What it held before is forgotten.
        var read = sketch(0..<1_000, seed: 9)
        try withEncoded(written.encode) { reader in
            try read.decode(&reader)
            #expect(reader.isAtEnd)
            #expect(reader.position <= 3_076)
        }
        #expect(read == written)
        #expect(read.count == written.count)
    }

    @Test("damaged bytes throw or give a sketch that works", arguments: [10, 3_000] as [UInt64])
    func damage(count: UInt64) {
        forEachDamage(of: sketch(0..<count).encode, seed: count) { reader in
            var read = HyperLogLog()
            if (try? read.decode(&reader)) != nil {
                read.insert(hash(1))
                _ = read.count
            }
        }
    }
}
