/// Reads the parts of a JSON number.
@safe
struct DecimalReader {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    private(set) var isNegative = false
    /// From the first digit that is not zero to the last one; empty for zero.
    private(set) var digits = 0..<0
    /// How many of the digits stand before the point; negative for zeros that follow it.
    private(set) var integerDigits = 0
    private(set) var exponent = 0

    init(_ text: UnsafeRawBufferPointer) {
        unsafe self.text = text
    }

    /// Reads all of the text; returns whether it is a number.
    mutating func read() -> Bool {
        isNegative = take(UInt8(ascii: "-"))
        let start = position
        takeDigits()
        let pointPosition = position
        guard position > start, position == start + 1 || byte(start) != UInt8(ascii: "0") else {
            return false
        }
        if take(UInt8(ascii: ".")) {
            takeDigits()
            guard position > pointPosition + 1 else { return false }
        }
        trim(start..<position, point: pointPosition)
        return unsafe readExponent() && position == text.count
    }

    /// Finds the digits that count, and where the point stands relative to the first of them.
    private mutating func trim(_ range: Range<Int>, point: Int) {
        var (first, last) = (range.lowerBound, range.upperBound - 1)
        while first <= last, !isSignificant(first) { first += 1 }
        while last >= first, !isSignificant(last) { last -= 1 }
        digits = first..<last + 1
        integerDigits = first < point ? point - first : point + 1 - first
    }

    private func isSignificant(_ index: Int) -> Bool {
        byte(index) != UInt8(ascii: "0") && byte(index) != UInt8(ascii: ".")
    }

    private mutating func readExponent() -> Bool {
        guard take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) else { return true }
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        let start = position
        takeDigits()
        var magnitude = 0
        for index in start..<position where magnitude < 1 << 50 {
            magnitude = magnitude * 10 + Int(byte(index) - UInt8(ascii: "0"))
        }
        exponent = isNegative ? -magnitude : magnitude
        return position > start
    }

    private func byte(_ index: Int) -> UInt8 { unsafe text[index] }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard unsafe position < text.count, byte(position) == expected else { return false }
        position += 1
        return true
    }

    private mutating func takeDigits() {
        while unsafe position < text.count, byte(position) &- UInt8(ascii: "0") < 10 {
            position += 1
        }
    }
}
