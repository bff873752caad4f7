/// Reads a text byte by byte, for formats.
@safe
struct TextCursor {
    private let text: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ text: UnsafeRawBufferPointer) { unsafe self.text = text }

    var isAtEnd: Bool { unsafe position == text.count }

    /// The next byte; 0 at the end.
    var next: UInt8 { isAtEnd ? 0 : unsafe text[position] }

    mutating func skip() { position += 1 }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// One of several characters.
    mutating func take(anyOf characters: StaticString) -> Bool {
        guard !isAtEnd else { return false }
        for index in 0..<characters.utf8CodeUnitCount
        where unsafe characters.utf8Start[index] == next {
            position += 1
            return true
        }
        return false
    }

    /// A number of exactly so many digits.
    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard !isAtEnd, ASCII.isDigit(next) else { return nil }
            value = value * 10 + Int(next - 48)
            position += 1
        }
        return value
    }

    /// Passes over the bytes of a kind; returns how many there were.
    mutating func takeAll(_ isWanted: (UInt8) -> Bool) -> Int {
        let start = position
        while !isAtEnd, isWanted(next) { position += 1 }
        return position - start
    }

    /// `%` and two hexadecimal digits.
    mutating func takePercentEncoded() -> Bool {
        guard take("%") else { return false }
        for _ in 0..<2 {
            guard !isAtEnd, ASCII.isHexadecimal(next) else { return false }
            position += 1
        }
        return true
    }

    /// The next character, whatever it is; `nil` at the end and for what is not UTF-8.
    mutating func scalar() -> Unicode.Scalar? {
        guard !isAtEnd else { return nil }
        let first = next
        let count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard unsafe position + count <= text.count else { return nil }
        var value = UInt32(first) & (count == 1 ? 0x7F : 0xFF >> UInt32(count + 1))
        for offset in 1..<count {
            value = value << 6 | UInt32(unsafe text[position + offset]) & 0x3F
        }
        position += count
        return Unicode.Scalar(value)
    }
}

/// Kinds of ASCII characters.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 97 < 6 }
}
