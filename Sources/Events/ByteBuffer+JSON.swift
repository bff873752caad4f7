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
        guard let start = text.baseAddress, text.count > 0 else { return }
        let count = text.count
        var position = 0
        // Nearly all texts are plain, and none of their words tells otherwise.
        while position &+ 8 < count {
            let word = unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            take(word)
            if needsEscapes || hasHighBytes { break }
            position &+= 8
        }
        unsafe take(Self.lastWord(start, count))
        guard needsEscapes != hasHighBytes else { return }
        while position &+ 8 < count {
            take(unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position &+= 8
        }
    }

    @inline(__always)
    private mutating func take(_ word: UInt64) {
        needsEscapes = needsEscapes || Self.escaped(in: word) & Self.every(0x80) != 0
        hasHighBytes = hasHighBytes || word & Self.every(0x80) != 0
    }

    /// The last bytes of a text with others that say nothing new: those before them, or themselves
    /// again.
    @inline(__always)
    private static func lastWord(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 8 {
            return unsafe start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        }
        if count >= 4 {
            let first = unsafe start.loadUnaligned(as: UInt32.self)
            let last = unsafe start.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            return UInt64(last) << 32 | UInt64(first)
        }
        let first = unsafe start.load(as: UInt8.self)
        let middle = unsafe start.load(fromByteOffset: count / 2, as: UInt8.self)
        let last = unsafe start.load(fromByteOffset: count &- 1, as: UInt8.self)
        return every(UInt8(ascii: " ")) << 24 | UInt64(last) << 16 | UInt64(middle) << 8
            | UInt64(first)
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
