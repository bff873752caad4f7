import Events
import Sketches

/// Random numbers that are the same in every run: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func hash(_ number: UInt64, seed: UInt32 = 0) -> UInt64 {
    var number = number
    return unsafe withUnsafeBytes(of: &number) { unsafe Murmur3.hash($0, seed: seed).low }
}

/// Runs `body` on the bytes of what `encode` writes.
func withEncoded<Result>(
    _ encode: (inout ByteBuffer) -> Void,
    _ body: (inout SketchReader) throws -> Result
) rethrows -> Result {
    var buffer = ByteBuffer()
    encode(&buffer)
    var reader = unsafe SketchReader(buffer.bytes)
    return try body(&reader)
}

/// Calls `body` with every way to cut the bytes short, and with bytes changed at random.
func forEachDamage(
    of encode: (inout ByteBuffer) -> Void, seed: UInt64, _ body: (inout SketchReader) -> Void
) {
    var random = SeededGenerator(seed: seed)
    var buffer = ByteBuffer()
    encode(&buffer)
    let bytes = unsafe Array(buffer.bytes)
    var damaged: [[UInt8]] = []
    for _ in 0..<60 {
        damaged.append(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
    }
    for _ in 0..<300 {
        var copy = bytes
        for _ in 0...Int.random(in: 0..<4, using: &random) where !copy.isEmpty {
            copy[Int.random(in: 0..<copy.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
        }
        damaged.append(copy)
    }
    for bytes in damaged {
        unsafe bytes.withUnsafeBytes {
            var reader = unsafe SketchReader($0)
            body(&reader)
        }
    }
}
