/// SHA-256, for naming the content of schema, lexicon and model files.
///
/// - Source: FIPS 180-4. Not meant for secrets: it takes no care of timing.
package enum SHA256 {
    /// The digest as 64 hexadecimal digits, as `sha256sum` prints it.
    package static func hexadecimal(of bytes: [UInt8]) -> String {
        let digest = digest(of: bytes)
        return digest.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func digest(of bytes: [UInt8]) -> [UInt32] {
        var padded = bytes + [0x80]
        padded += Array(repeating: 0, count: (119 - bytes.count % 64) % 64)
        let bitCount = UInt64(bytes.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * $0)) }
        var state = initialState
        for start in stride(from: 0, to: padded.count, by: 64) {
            compress(padded[start..<start + 64], into: &state)
        }
        return state
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        let schedule = schedule(of: block)
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for round in 0..<64 {
            let mixed = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let choice = (e & f) ^ (~e & g)
            let first = h &+ mixed &+ choice &+ constants[round] &+ schedule[round]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() {
            state[index] = state[index] &+ word
        }
    }

    private static func schedule(of block: ArraySlice<UInt8>) -> [UInt32] {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
            let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        return words
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word >> count | word << (32 - count)
    }

    private static let primes = (2...311).filter { candidate in
        !(2..<candidate).contains { candidate % $0 == 0 }
    }

    /// The first 32 bits of the fractional part of a root, found with whole numbers: the largest
    /// `r` with `r` to the power `degree` not above the prime times 2 to the power `32 * degree`.
    private static func rootFraction(_ prime: Int, degree: Int) -> UInt32 {
        var root: UInt128 = 0
        for bit in stride(from: 37, through: 0, by: -1) {
            let candidate = root | 1 << UInt128(bit)
            let power = degree == 2 ? candidate * candidate : candidate * candidate * candidate
            if power <= UInt128(prime) << UInt128(32 * degree) { root = candidate }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    private static let initialState = primes.prefix(8).map { rootFraction($0, degree: 2) }
    private static let constants = primes.map { rootFraction($0, degree: 3) }
}
