internal import CMemory

/// Says of a hash that it was certainly not added, or that it may have been.
///
/// It grows with what is added, a part at a time, up to a limit in bytes; from there on it answers
/// "may have been" more often, and is never wrong about "certainly not". With 16 bits for each hash,
/// a part takes about one of a thousand hashes that were not added for one that was; there are few
/// parts, since each is four times as large as the one before.
///
/// - Source: the split block Bloom filter of the Apache Parquet format; Putze, Sanders, Singler,
///   "Cache-, hash- and space-efficient Bloom filters" (2007).
public struct MembershipFilter: Sendable {
    private static let bitsPerHash = 16
    private static let wordsPerBlock = 8
    private static let bitsPerBlock = 256
    private static let salts: InlineArray<8, UInt32> = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d,
        0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]

    /// A filter of fixed size.
    private struct Part: Sendable {
        var words: [UInt32]
        var room: Int

        init(blockCount: Int) {
            words = Array(repeating: 0, count: blockCount * wordsPerBlock)
            room = blockCount * bitsPerBlock / bitsPerHash
        }

        @inline(__always)
        private func block(of hash: UInt64) -> Int {
            let count = UInt64(words.count / wordsPerBlock)
            return Int(truncatingIfNeeded: ((hash >> 32) &* count) >> 32) * wordsPerBlock
        }

        mutating func insert(_ hash: UInt64) {
            let start = block(of: hash)
            let key = UInt32(truncatingIfNeeded: hash)
            for index in 0..<wordsPerBlock {
                words[start + index] |= 1 << ((key &* salts[index]) >> 27)
            }
            room -= 1
        }

        func prefetch(_ hash: UInt64) {
            let start = block(of: hash)
            unsafe words.withUnsafeBytes {
                unsafe cmemory_prefetch($0.baseAddress! + start * MemoryLayout<UInt32>.stride)
            }
        }

        func mayContain(_ hash: UInt64) -> Bool {
            let start = block(of: hash)
            let key = UInt32(truncatingIfNeeded: hash)
            for index in 0..<wordsPerBlock
            where words[start + index] & 1 << ((key &* salts[index]) >> 27) == 0 {
                return false
            }
            return true
        }
    }

    private static let firstBlockCount = 32
    private var parts: [Part] = []

    public init() {}

    /// The memory of the filter.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.words.count * 4 } }

    /// Adds a hash, of which every bit must be as good as random. `byteLimit`: how large the
    /// filter may become; it has one part in any case.
    public mutating func insert(_ hash: UInt64, byteLimit: Int) {
        if parts.isEmpty || parts[parts.count - 1].room <= 0 { grow(byteLimit) }
        parts[parts.count - 1].insert(hash)
    }

    private mutating func grow(_ byteLimit: Int) {
        let next = parts.last.map { $0.words.count / Self.wordsPerBlock * 4 }
        let blockCount = next ?? Self.firstBlockCount
        let size = blockCount * Self.wordsPerBlock * 4
        guard parts.isEmpty || byteCount + size <= byteLimit else { return }
        parts.append(Part(blockCount: blockCount))
    }

    /// Brings near what the filter has of a hash that is asked for soon.
    public func prefetch(_ hash: UInt64) {
        for index in parts.indices { parts[index].prefetch(hash) }
    }

    public func mayContain(_ hash: UInt64) -> Bool {
        for index in parts.indices where parts[index].mayContain(hash) { return true }
        return false
    }
}
