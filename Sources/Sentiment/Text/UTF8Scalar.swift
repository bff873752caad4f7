/// One code point of a text, read from its bytes.
struct UTF8Scalar {
    let value: UInt32
    /// How many bytes it takes.
    let length: Int

    /// Reads the code point at `position`. A byte that begins none is a code point by itself, so
    /// that a text of whatever bytes comes to its end.
    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, at position: Int) {
        let first = unsafe text[position]
        if first < 0x80 {
            self.init(value: UInt32(first), length: 1)
        } else {
            unsafe self.init(text, at: position, lead: first)
        }
    }

    private init(value: UInt32, length: Int) {
        self.value = value
        self.length = length
    }

    private init(_ text: UnsafeRawBufferPointer, at position: Int, lead: UInt8) {
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, position + length <= text.count else {
            self.init(value: 0xFFFD, length: 1)
            return
        }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for offset in 1..<length {
            let byte = unsafe text[position + offset]
            guard byte & 0xC0 == 0x80 else {
                self.init(value: 0xFFFD, length: 1)
                return
            }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        self.init(value: value, length: length)
    }

    /// Whether Python's `str.split()` cuts here.
    var isSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
            0x205F, 0x3000:
            true
        default: false
        }
    }

    /// The code point with its properties; a lone surrogate has none.
    var scalar: Unicode.Scalar? { Unicode.Scalar(value) }
}
