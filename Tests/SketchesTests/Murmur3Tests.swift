import Sketches
import Testing

@Suite("Murmur3")
struct Murmur3Tests {
    private func digest(_ text: String, seed: UInt32 = 0) -> String {
        let bytes = Array(text.utf8)
        let hash = unsafe bytes.withUnsafeBytes { unsafe Murmur3.hash($0, seed: seed) }
        return [hash.low, hash.high].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Made with Python's `mmh3.hash128(text, seed, x64arch=True)`.
    @Test(
        "hashes are those of the reference implementation, of every length",
        arguments: [
            ("", 1, "4610abe56eff5cb551622daa78f83583"),
            ("a", 0, "85555565f6597889e6b53a48510e895a"),
            ("ab", 0, "938b11ea16ed1b2ee65ea7019b52d4ad"),
            ("abc", 1, "9c88be4e9a8a61f0ca12c88bf31b256c"),
            ("abcd", 0, "b87bb7d64656cd4ff2003e886073e875"),
            ("abcde", 0, "2036d091f496bbb8c5c7eea04bcfec8c"),
            ("abcdef", 1, "97708cea27729dc51f941bc6dfaad4c9"),
            ("abcdefg", 0, "a6cd2f9fc09ee4991c3aa23ab155bbb6"),
            ("abcdefgh", 0, "cc8a0ab037ef8c0248890d60eb6940a1"),
            ("abcdefghi", 1, "dccea85d31b90dd1dfd530e64ca11d09"),
            ("abcdefghij", 0, "b6c15b0d772f8c99a24d85dc8c651ac9"),
            ("abcdefghijk", 0, "a895d0b8df789d02bb7c31e2455ae771"),
            ("abcdefghijkl", 1, "77a8bb0af7e7b7da525f7878f8da3310"),
            ("abcdefghijklm", 0, "1648288da7c0fa732e657bff0de7cc7f"),
            ("abcdefghijklmn", 0, "91d094a7f5c375e0ee096027d26a3324"),
            ("abcdefghijklmno", 1, "6561317daaa100aa4f5bd7feb4b5dfe5"),
            ("abcdefghijklmnop", 0, "c4ca3ca3224cb7234333d695b331eb1a"),
            ("abcdefghijklmnopq", 0, "7564747f88bda657ecda499da1110de4"),
            ("abcdefghijklmnopqrstuvwxyz01234", 0, "4bf06228635658a8bedbd26090f9ef7a"),
            ("abcdefghijklmnopqrstuvwxyz012345", 0, "16a127b539e20ae3edcb0722a1febf68"),
            ("abcdefghijklmnopqrstuvwxyz0123456", 1, "1bb85d79d0c93aea3f085a5d4ecfa538"),
            (
                "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ", 0,
                "0efdc78a3482fc46d35b8e7e347e2915"
            ),
            ("The quick brown fox jumps over the lazy dog", 0, "e34bbc7bbc071b6c7a433ca9c49a9347"),
        ])
    func reference(text: String, seed: UInt32, expected: String) {
        #expect(digest(text, seed: seed) == expected)
    }

    @Test("a byte more or less changes the hash")
    func lengths() {
        let hashes = Set((0..<200).map { digest(String(repeating: "\0", count: $0)) })
        #expect(hashes.count == 200)
    }
}
