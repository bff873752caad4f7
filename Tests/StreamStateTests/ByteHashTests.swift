import StreamState
import Testing

@Suite struct ByteHashTests {
    /// The vectors that its author gives for version 4.2: the seed is the position in the list.
    private static let vectors: [(String, UInt64)] = [
        ("", 0x9322_8a4d_e0ee_c5a2),
        ("a", 0xc5ba_c3db_1787_13c4),
        ("abc", 0xa97f_2f7b_1d9b_3314),
        ("message digest", 0x786d_1f1d_f380_1df4),
        ("abcdefghijklmnopqrstuvwxyz", 0xdca5_a813_8ad3_7c87),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            0xb9e7_34f1_17cf_af70
        ),
        (
            "1234567890123456789012345678901234567890"
                + "1234567890123456789012345678901234567890",
            0x6cc5_eab4_9a92_d617
        ),
    ]

    @Test("gives what its author's own implementation gives", arguments: 0..<7)
    func equalsTheReference(index: Int) {
        let (text, expected) = Self.vectors[index]
        #expect(hash(Array(text.utf8), UInt64(index)) == expected)
    }

    @Test("every bit of every length and of the seed changes it")
    func dependsOnEveryBit() {
        var dice = Dice(seed: 3)
        for count in 0...130 {
            var bytes = dice.bytes(count)
            let original = hash(bytes, 5)
            #expect(original != hash(bytes, 6))
            for bit in 0..<count * 8 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(UInt32(truncatingIfNeeded: hash(bytes, 5) ^ original) != 0)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    private func hash(_ bytes: [UInt8], _ seed: UInt64) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe ByteHash.hash($0, seed: seed) }
    }
}
