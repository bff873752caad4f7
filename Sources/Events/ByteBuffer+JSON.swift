internal import CSimdJSON

extension ByteBuffer {
    /// Appends text as a JSON string, with its quotes.
    ///
    /// Only what JSON requires is escaped. Bytes that are not UTF-8 become U+FFFD, because the
    /// result must be a document that everybody can read.
    public mutating func append(jsonString text: UnsafeRawBufferPointer) {
        _ = unsafe appendString(text)
    }

    /// Appends text as a JSON string, with its quotes.
    public mutating func append(jsonString text: String) {
        var text = text
        text.withUTF8 { unsafe append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends text as a JSON string, with its quotes; returns false, and appends nothing, when it
    /// is not UTF-8.
    package mutating func append(strictJSONString text: UnsafeRawBufferPointer) -> Bool {
        let content = unsafe TextContent(of: text)
        if content.hasHighBytes, unsafe !Self.isUTF8(text) { return false }
        unsafe appendQuoted(text, content)
        return true
    }

    /// Appends text as a JSON string; returns whether it stands between the quotes as it is.
    mutating func appendString(_ text: UnsafeRawBufferPointer) -> Bool {
        let content = unsafe TextContent(of: text)
        if content.hasHighBytes, unsafe !Self.isUTF8(text) {
            append(jsonString: unsafe String(decoding: text, as: UTF8.self))
            return false
        }
        unsafe appendQuoted(text, content)
        return !content.needsEscapes
    }

    private mutating func appendQuoted(_ text: UnsafeRawBufferPointer, _ content: TextContent) {
        let quote = UInt8(ascii: "\"")
        if !content.needsEscapes {
            return unsafe append(atMost: text.count + 2) { start in
                unsafe start.storeBytes(of: quote, as: UInt8.self)
                if let source = text.baseAddress {
                    unsafe (start + 1).copyMemory(from: source, byteCount: text.count)
                }
                unsafe start.storeBytes(of: quote, toByteOffset: text.count + 1, as: UInt8.self)
                return text.count + 2
            }
        }
        reserve(text.count + 2)
        append(quote)
        for index in 0..<text.count { append(escaping: unsafe text[index]) }
        append(quote)
    }

    /// Appends text; bytes that are not UTF-8 become U+FFFD.
    mutating func append(repairing text: UnsafeRawBufferPointer) {
        if unsafe Self.isUTF8(text) {
            unsafe append(text)
        } else {
            append(string: unsafe String(decoding: text, as: UTF8.self))
        }
    }

    /// Whether the bytes are UTF-8.
    static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        return unsafe csimdjson_is_utf8(base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        case 0..<0x20:
            append("\\u00")
            append(Self.hexadecimal(byte >> 4))
            append(Self.hexadecimal(byte & 15))
        default: append(byte)
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

extension UnsafeRawBufferPointer {
    /// The length of the character that starts at `position`, or `nil` when it is not UTF-8.
    package func utf8Length(at position: Int) -> Int? {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: self[position...].prefix(4))
        var decoder = UTF8()
        var iterator = unsafe rest.makeIterator()
        guard case .scalarValue(let scalar) = unsafe decoder.decode(&iterator) else { return nil }
        return UTF8.width(scalar)
    }
}

/// What some text has in it that a JSON string cannot take as it is.
private struct TextContent {
    private(set) var needsEscapes = false
    private(set) var hasHighBytes = false

    /// Looks at eight bytes at a time: each term below sets the top bit of a byte that meets it.
    init(of text: UnsafeRawBufferPointer) {
        var position = 0
        var escapes: UInt64 = 0
        var high: UInt64 = 0
        while position + 8 <= text.count {
            let word = unsafe text.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            escapes |= Self.escaped(in: word)
            high |= word
            position += 8
        }
        let rest = text.count - position
        if rest > 0 {
            let last = unsafe Self.lastWord(of: text, rest)
            escapes |= Self.escaped(in: last)
            high |= last
        }
        needsEscapes = escapes & Self.every(0x80) != 0
        hasHighBytes = high & Self.every(0x80) != 0
    }

    /// The last `count` bytes with others that say nothing new: those before them, or themselves again.
    private static func lastWord(of text: UnsafeRawBufferPointer, _ count: Int) -> UInt64 {
        let end = text.count
        if end >= 8 {
            return unsafe text.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self)
        }
        if count >= 4 {
            let first = unsafe text.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            let last = unsafe text.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self)
            return UInt64(last) << 32 | UInt64(first)
        }
        let bytes = unsafe (text[0], text[count / 2], text[count - 1])
        return every(UInt8(ascii: " ")) << 24 | UInt64(bytes.2) << 16 | UInt64(bytes.1) << 8
            | UInt64(bytes.0)
    }

    private static func every(_ byte: UInt8) -> UInt64 {
        UInt64(byte) &* 0x0101_0101_0101_0101
    }

    /// A borrow can reach a byte above one that is met, never the lowest: so the top bits say
    /// reliably whether any byte is met.
    private static func escaped(in word: UInt64) -> UInt64 {
        let control = (word &- every(0x20)) & ~word
        return control | zero(in: word ^ every(UInt8(ascii: "\"")))
            | zero(in: word ^ every(UInt8(ascii: "\\")))
    }

    private static func zero(in word: UInt64) -> UInt64 {
        (word &- every(0x01)) & ~word
    }
}
