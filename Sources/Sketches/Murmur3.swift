/// A 128-bit hash of bytes that is the same in every process and on every machine: MurmurHash3,
/// `x64_128`.
///
/// Sketches and ids are stored by it, so it is part of the layout of states. It is no
/// cryptographic hash: whoever wants two texts to collide can make them.
///
/// ```swift
/// let hash = unsafe Murmur3.hash(bytes)
/// sketch.insert(hash.low)
/// ```
///
/// - Source: Austin Appleby, SMHasher (released into the public domain).
public struct Murmur3: Hashable, Sendable, BitwiseCopyable {
    /// The first eight bytes of the digest, as a number.
    public var low: UInt64
    /// The last eight bytes of the digest, as a number.
    public var high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    private static let first: UInt64 = 0x87c3_7b91_1142_53d5
    private static let second: UInt64 = 0x4cf5_ad43_2745_937f

    /// The hash of `bytes`; different seeds give independent hashes.
    public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> Murmur3 {
        var (low, high) = (UInt64(seed), UInt64(seed))
        var position = 0
        while bytes.count - position >= 16 {
            low ^= scrambledLow(unsafe word(bytes, position))
            low = (rotated(low, 27) &+ high) &* 5 &+ 0x52dc_e729
            high ^= scrambledHigh(unsafe word(bytes, position + 8))
            high = (rotated(high, 31) &+ low) &* 5 &+ 0x3849_5ab5
            position += 16
        }
        let rest = bytes.count - position
        if rest > 8 {
            high ^= scrambledHigh(unsafe partial(bytes, position + 8, rest - 8))
        }
        if rest > 0 {
            low ^= scrambledLow(unsafe partial(bytes, position, min(rest, 8)))
        }
        low ^= UInt64(bytes.count)
        high ^= UInt64(bytes.count)
        low &+= high
        high &+= low
        low = mixed(low)
        high = mixed(high)
        low &+= high
        high &+= low
        return Murmur3(low: low, high: high)
    }

    private static func scrambledLow(_ word: UInt64) -> UInt64 {
        rotated(word &* first, 31) &* second
    }

    private static func scrambledHigh(_ word: UInt64) -> UInt64 {
        rotated(word &* second, 33) &* first
    }

    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }

    /// Every bit of the input reaches every bit of the output.
    private static func mixed(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 33)) &* 0xff51_afd7_ed55_8ccd
        word = (word ^ (word >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return word ^ (word >> 33)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func partial(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int
    ) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(unsafe bytes[offset + index]) << UInt64(8 * index) }
        return word
    }
}
