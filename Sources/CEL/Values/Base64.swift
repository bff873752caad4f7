/// Bytes as text in base 64, with `=` at the end where groups of four are not full.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(of bytes: Text) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0)
            }
            for place in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * place) & 63)
                result.append(place <= count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes of a text, which may lack the `=`; `nil` when it is not in base 64.
    static func bytes(of text: Text) -> [UInt8]? {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end % 4 != 1 else { return nil }
        var result: [UInt8] = []
        var group: UInt32 = 0
        for position in 0..<end {
            guard let digit = alphabet.firstIndex(of: text[position]) else { return nil }
            group = group << 6 | UInt32(digit)
            let place = position % 4
            if place > 0 {
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(6 - 2 * place)))
            }
        }
        return result
    }
}
