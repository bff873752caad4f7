/// A 64-bit hash of bytes: wyhash, version 4.2.
///
/// It serves two ends: with a random seed it places entries in the cache, so that nobody can send
/// keys that collide; with a fixed seed it is the checksum of a row, and so part of the layout of
/// the file.
///
/// - Source: https://github.com/wangyi-fudan/wyhash (released into the public domain).
package enum ByteHash {
    private static let secret0: UInt64 = 0x2d35_8dcc_aa6c_78a5
    private static let secret1: UInt64 = 0x8bb8_4b93_962e_acc9
    private static let secret2: UInt64 = 0x4b33_a62e_d433_d4a3
    private static let secret3: UInt64 = 0x4d5a_2da5_1de1_aa47

    /// The hash of `bytes`; different seeds give independent hashes.
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        var state = seed ^ fold(seed ^ secret0, secret1)
        let (a, b) =
            count <= 16
            ? unsafe shortWords(bytes) : unsafe longWords(bytes, &state)
        let product = (a ^ secret1).multipliedFullWidth(by: b ^ state)
        return fold(product.low ^ secret0 ^ UInt64(count), product.high ^ secret1)
    }

    /// At most 16 bytes as two words that together cover all of them.
    private static func shortWords(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        let count = bytes.count
        if count >= 4 {
            let step = (count >> 3) << 2
            let first = unsafe half(bytes, 0) << 32 | half(bytes, step)
            let second = unsafe half(bytes, count - 4) << 32 | half(bytes, count - 4 - step)
            return (first, second)
        }
        guard count > 0 else { return (0, 0) }
        let middle = unsafe UInt64(bytes[count >> 1]) << 8
        return unsafe (UInt64(bytes[0]) << 16 | middle | UInt64(bytes[count - 1]), 0)
    }

    /// Folds all but the last 16 of more than 16 bytes into `state`, and returns those 16.
    private static func longWords(
        _ bytes: UnsafeRawBufferPointer, _ state: inout UInt64
    ) -> (UInt64, UInt64) {
        let count = bytes.count
        var position = 0
        if count >= 48 {
            // Three lanes, so that the multiplications do not wait for each other.
            var (lane1, lane2) = (state, state)
            repeat {
                state = unsafe fold(
                    word(bytes, position) ^ secret1, word(bytes, position + 8) ^ state)
                lane1 = unsafe fold(
                    word(bytes, position + 16) ^ secret2, word(bytes, position + 24) ^ lane1)
                lane2 = unsafe fold(
                    word(bytes, position + 32) ^ secret3, word(bytes, position + 40) ^ lane2)
                position += 48
            } while count - position >= 48
            state ^= lane1 ^ lane2
        }
        while count - position > 16 {
            state = unsafe fold(word(bytes, position) ^ secret1, word(bytes, position + 8) ^ state)
            position += 16
        }
        return unsafe (word(bytes, count - 16), word(bytes, count - 8))
    }

    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.low ^ product.high
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func half(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe UInt64(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
