internal import Events

/// Finds e-mail addresses, telephone numbers and card numbers in free text, in one pass.
///
/// It errs on the side of hiding: a run of seven digits or more, with separators, is hidden
/// whatever it is.
enum PersonalText {
    /// Of a run of digits so many are looked at for a card number.
    private static let maximumCardDigits = 19

    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- UInt8(ascii: "a") < 26 }

    /// Characters outside of ASCII may be part of a domain.
    private static func isInDomain(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || byte >= 0x80 || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// What RFC 5322 lets stand in an address in front of the `@` without quotes, but for the
    /// solidus, which is rare there and common in paths.
    private static func isInLocalPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
            true
        default: isInDomain(byte)
        }
    }

    /// Appends the text with what it tells of people replaced by `[email]`, `[phone]`, `[card]`
    /// and `[number]`.
    static func appendRedacted(_ text: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        var copied = 0
        var position = 0
        while position < text.count {
            if unsafe text[position] == UInt8(ascii: "@"),
                let address = unsafe address(around: position, in: text, from: copied)
            {
                unsafe appendNumbersRedacted(
                    UnsafeRawBufferPointer(rebasing: text[copied..<address.lowerBound]),
                    to: &output)
                output.append("[email]")
                (position, copied) = (address.upperBound, address.upperBound)
            } else {
                position += 1
            }
        }
        unsafe appendNumbersRedacted(
            UnsafeRawBufferPointer(rebasing: text[copied...]), to: &output)
    }

    private static let quote = UInt8(ascii: "\"")
    /// How far a part in quotes or brackets is looked for, so that each `@` costs a bounded time.
    private static let longestPart = 66

    private static func address(
        around at: Int, in text: UnsafeRawBufferPointer, from start: Int
    ) -> Range<Int>? {
        var begin = at
        if at > start, unsafe text[at - 1] == quote {
            // "ada lovelace"@example.com
            let first = max(start, at - longestPart)
            begin = unsafe text[first..<(at - 1)].lastIndex(of: quote) ?? at
        }
        while begin > start, unsafe isInLocalPart(text[begin - 1]) { begin -= 1 }
        var end = at + 1
        while end < text.count, unsafe isInDomain(text[end]) || text[end] == text[at] { end += 1 }
        if end < text.count, unsafe text[end] == UInt8(ascii: "[") {
            // ada@[192.0.2.1]
            let rest = unsafe text[end..<min(text.count, end + longestPart)]
            end = unsafe rest.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? end
        }
        // A full stop behind the address ends the sentence.
        while end > at + 1, unsafe text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return begin < at && end > at + 1 ? begin..<end : nil
    }

    // MARK: Numbers

    private static func appendNumbersRedacted(
        _ text: UnsafeRawBufferPointer, to output: inout ByteBuffer
    ) {
        var copied = 0
        var position = 0
        while position < text.count {
            guard unsafe isDigit(text[position]) else {
                position += 1
                continue
            }
            let number = unsafe number(at: position, in: text)
            if let name = number.name {
                var begin = position
                if begin > copied, unsafe text[begin - 1] == UInt8(ascii: "+") { begin -= 1 }
                unsafe output.append(UnsafeRawBufferPointer(rebasing: text[copied..<begin]))
                output.append(name)
                copied = number.end
            }
            position = number.end
        }
        unsafe output.append(UnsafeRawBufferPointer(rebasing: text[copied...]))
    }

    /// A run of digits with at most two separators between them; `name` is what to write for it,
    /// if anything.
    private static func number(
        at start: Int, in text: UnsafeRawBufferPointer
    ) -> (end: Int, name: StaticString?) {
        var digits: InlineArray<19, UInt8> = InlineArray(repeating: 0)
        var count = 0
        var end = start
        var isCard = false
        var separators = 0
        var position = start
        while position < text.count {
            let byte = unsafe text[position]
            if isDigit(byte) {
                if count < maximumCardDigits { digits[count] = byte &- UInt8(ascii: "0") }
                count += 1
                separators = 0
                end = position + 1
                if (13...maximumCardDigits).contains(count), passesLuhn(digits, count: count) {
                    isCard = true
                }
            } else if isSeparator(byte), separators < 2 {
                separators += 1
            } else {
                break
            }
            position += 1
        }
        // What follows a card number in its run, an expiry date for example, goes with it.
        if isCard { return (end, "[card]") }
        switch count {
        case ..<7: return (end, nil)
        case ...15: return (end, "[phone]")
        default: return (end, "[number]")
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
    }

    /// ISO/IEC 7812-1, annex B.
    private static func passesLuhn(_ digits: InlineArray<19, UInt8>, count: Int) -> Bool {
        var sum = 0
        for index in 0..<count {
            var digit = Int(digits[count - 1 - index])
            if index % 2 == 1 { digit = digit > 4 ? digit * 2 - 9 : digit * 2 }
            sum += digit
        }
        return sum % 10 == 0
    }
}
