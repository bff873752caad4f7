extension Lexer {
    // MARK: Numbers

    mutating func number() throws(SyntaxError) -> Token.Kind {
        let start = position
        if take("0x") || take("0X") { return try hexadecimal(from: start) }
        skipDigits()
        var isWhole = true
        if peek() == UInt8(ascii: "."), peek(1)?.isDigit == true {
            isWhole = false
            position += 1
            skipDigits()
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            let hasSign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if peek(hasSign ? 2 : 1)?.isDigit == true {
                isWhole = false
                position += hasSign ? 2 : 1
                skipDigits()
            }
        }
        let digits = String(decoding: text[start..<position], as: UTF8.self)
        guard isWhole else {
            guard let double = Double(digits) else {
                throw SyntaxError("'\(digits)' is no number", at: start)
            }
            try checkEnd(from: start)
            return .double(double)
        }
        return try whole(UInt64(digits), from: start)
    }

    private mutating func hexadecimal(from start: Int) throws(SyntaxError) -> Token.Kind {
        let first = position
        while peek()?.hexadecimalValue != nil { position += 1 }
        let digits = String(decoding: text[first..<position], as: UTF8.self)
        return try whole(UInt64(digits, radix: 16), from: start)
    }

    private mutating func whole(
        _ magnitude: UInt64?, from start: Int
    ) throws(SyntaxError) -> Token.Kind {
        guard let magnitude else {
            throw SyntaxError(
                "this number is not within 64 bits", at: start,
                remedy: "write it as a double, with a point")
        }
        let isUnsigned = take("u") || take("U")
        try checkEnd(from: start)
        return isUnsigned ? .unsignedInteger(magnitude) : .integer(magnitude: magnitude)
    }

    private mutating func skipDigits() {
        while peek()?.isDigit == true { position += 1 }
    }

    private func checkEnd(from start: Int) throws(SyntaxError) {
        guard let byte = peek(), byte.isNameStart || byte.isDigit else { return }
        throw SyntaxError("letters follow this number directly", at: start)
    }

    // MARK: Strings

    /// Reads a string, its prefix taken.
    mutating func quoted(
        isRaw: Bool, isBytes: Bool, from start: Int
    ) throws(SyntaxError) -> [UInt8] {
        let quote = String(decoding: text[position...position], as: UTF8.self)
        let isTriple = take(quote + quote + quote)
        if !isTriple { position += 1 }
        let end = isTriple ? quote + quote + quote : quote
        var content: [UInt8] = []
        while !take(end) {
            guard let byte = peek(), isTriple || byte != 0x0A, isTriple || byte != 0x0D else {
                throw SyntaxError(
                    "this string has no end", at: start, remedy: "close it with \(end)")
            }
            if byte == UInt8(ascii: "\\") {
                try escape(isRaw: isRaw, isBytes: isBytes, into: &content)
            } else {
                content.append(byte)
                position += 1
            }
        }
        return content
    }

    private mutating func escape(
        isRaw: Bool, isBytes: Bool, into content: inout [UInt8]
    ) throws(SyntaxError) {
        let start = position
        position += 1
        guard let byte = peek() else { throw SyntaxError("this string has no end", at: start) }
        position += 1
        if isRaw {
            content.append(UInt8(ascii: "\\"))
            content.append(byte)
            return
        }
        switch byte {
        case UInt8(ascii: "a"): content.append(0x07)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "v"): content.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "`"):
            content.append(byte)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            try append(code(digits: 2, at: start), isBytes: isBytes, at: start, to: &content)
        case UInt8(ascii: "u") where !isBytes:
            try append(code(digits: 4, at: start), isBytes: false, at: start, to: &content)
        case UInt8(ascii: "U") where !isBytes:
            try append(code(digits: 8, at: start), isBytes: false, at: start, to: &content)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            position -= 1
            try append(octal(at: start), isBytes: isBytes, at: start, to: &content)
        default:
            throw SyntaxError(
                "there is no such escape", at: start,
                remedy: "write '\\\\' for a backslash, or r'...' for a string without escapes")
        }
    }

    private func append(
        _ code: UInt32, isBytes: Bool, at start: Int, to content: inout [UInt8]
    ) throws(SyntaxError) {
        if isBytes {
            content.append(UInt8(truncatingIfNeeded: code))
            return
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw SyntaxError("this escape names no character", at: start)
        }
        content.append(contentsOf: UTF8.encode(scalar)!)
    }

    private mutating func code(digits: Int, at start: Int) throws(SyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek()?.hexadecimalValue else {
                throw SyntaxError("\(digits) hexadecimal digits are needed here", at: start)
            }
            code = code << 4 | digit
            position += 1
        }
        return code
    }

    private mutating func octal(at start: Int) throws(SyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<3 {
            guard let byte = peek(), byte &- UInt8(ascii: "0") < 8 else {
                throw SyntaxError("three octal digits are needed here", at: start)
            }
            code = code << 3 | UInt32(byte - UInt8(ascii: "0"))
            position += 1
        }
        return code
    }
}
