internal import Events

/// What is left of a value that people must not see.
enum Mask: String, CaseIterable, Sendable {
    /// `j***@example.com`: the first letter and the domain.
    case email
    /// `*******4711`: the last four digits.
    case phone
    /// `************1111`: the last four digits of a card number.
    case card
    /// Text in which e-mail addresses, telephone and card numbers give way to what they are.
    case text
    /// `***`
    case fixed
    /// Nothing: the field is removed.
    case drop

    /// Appends what is left of `value`.
    func append(_ value: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        switch self {
        case .email: unsafe Self.appendEmail(value, to: &output)
        case .phone, .card: unsafe Self.appendLastDigits(value, to: &output)
        case .text: unsafe PersonalText.appendRedacted(value, to: &output)
        case .fixed, .drop: output.append("***")
        }
    }

    /// A text that is no address, or more than one, shows nothing.
    private static func appendEmail(_ value: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        guard let at = unsafe value.firstIndex(of: UInt8(ascii: "@")), at > 0,
            at < value.count - 1,
            unsafe value[..<at].allSatisfy({ $0 > UInt8(ascii: " ") }),
            unsafe value[(at + 1)...].allSatisfy(isOfDomain)
        else {
            output.append("***")
            return
        }
        // The first character, all of its bytes.
        var end = 1
        while end < at, unsafe value[end] & 0xC0 == 0x80 { end += 1 }
        if end < at { unsafe output.append(UnsafeRawBufferPointer(rebasing: value[..<end])) }
        output.append("***")
        unsafe output.append(UnsafeRawBufferPointer(rebasing: value[at...]))
    }

    private static func isOfDomain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            0x80...0xFF:
            true
        default: false
        }
    }

    /// Of seven digits or more the last four are shown, of fewer none; what is no digit goes.
    private static func appendLastDigits(
        _ value: UnsafeRawBufferPointer, to output: inout ByteBuffer
    ) {
        let count = unsafe value.count { PersonalText.isDigit($0) }
        let shown = count >= 7 ? 4 : 0
        if count == 0 { output.append("***") }
        var index = 0
        for position in value.indices {
            let byte = unsafe value[position]
            guard PersonalText.isDigit(byte) else { continue }
            output.append(index < count - shown ? UInt8(ascii: "*") : byte)
            index += 1
        }
    }
}
