/// Numbers that look random and are the same on every machine for the same seed.
///
/// xoshiro256**, seeded through SplitMix64 as its authors recommend. The standard library's
/// generator promises no sequence, so a sample made with it could not be made again.
///
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
package struct RandomSequence: Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    package init(seed: UInt64) {
        a = Self.mixed(seed &+ Self.step)
        b = Self.mixed(seed &+ Self.step &* 2)
        c = Self.mixed(seed &+ Self.step &* 3)
        d = Self.mixed(seed &+ Self.step &* 4)
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        let result = Self.rotated(b &* 5, by: 7) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = Self.rotated(d, by: 45)
        return result
    }

    /// A number from 0 up to and without `bound`.
    ///
    /// Multiplies instead of dividing and rejects nothing: the bias, below `bound` / 2^64, is far
    /// beneath what a sample can show, and every number then costs exactly one draw.
    package mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True with the given likelihood.
    mutating func hits(_ likelihood: Likelihood) -> Bool { next() >> 11 < likelihood.threshold }

    /// Spreads the bits of `value` over all 64: what follows from a customer's number looks
    /// unrelated to it, and need not be stored.
    static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func rotated(_ value: UInt64, by count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}

/// A likelihood as the number of 53-bit values below which a draw is a hit, so that a draw is one
/// comparison of integers.
struct Likelihood: Sendable {
    let threshold: UInt64

    /// - Parameter share: From 0 to 1.
    init(_ share: Double) {
        precondition((0...1).contains(share), "a share goes from 0 to 1, not \(share)")
        threshold = UInt64(share * 0x1p53)
    }
}
