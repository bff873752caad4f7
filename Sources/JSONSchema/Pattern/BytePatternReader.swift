/// Reads patterns that ``BytePattern`` can match; gives up at the first thing that it can't.
///
/// It never has to say what is wrong with a pattern: ``PatternTranslator`` does.
struct BytePatternReader {
    /// Bytes of one class; those above 127 are in all together or not at all.
    private struct ByteClass: Equatable {
        var ascii: UInt128 = 0
        var hasOthers = false

        func contains(_ byte: UInt8) -> Bool {
            byte < 128 ? ascii >> UInt128(byte) & 1 == 1 : hasOthers
        }

        mutating func insert(_ range: ClosedRange<UInt8>) {
            for byte in range { ascii |= 1 << UInt128(byte) }
        }

        func meets(_ other: ByteClass) -> Bool {
            ascii & other.ascii != 0 || (hasOthers && other.hasOthers)
        }
    }

    private static let mostClasses = 16
    /// The most bytes that are compared in blocks.
    private static let mostFixed = 64

    private let text: [UInt8]
    private var position = 0
    private var known: [ByteClass] = []
    private var steps: [BytePattern.Step] = []
    private(set) var endsAtEnd = false

    init(_ source: String) { text = Array(source.utf8) }

    /// Reads all of the pattern; returns whether it is simple enough.
    mutating func read() -> Bool {
        guard take("^") else { return false }
        while position < text.count {
            if text[position] == UInt8(ascii: "$") {
                endsAtEnd = true
                return position == text.count - 1 && isWithoutGoingBack
            }
            guard let bytes = item(), let bounds = repetition(), let mask = mask(of: bytes)
            else { return false }
            // Characters beyond ASCII have several bytes, so only an open number of them can be
            // counted in bytes.
            guard !bytes.hasOthers || (bounds.least <= 1 && bounds.most == .max) else {
                return false
            }
            steps.append(BytePattern.Step(mask: mask, least: bounds.least, most: bounds.most))
        }
        return isWithoutGoingBack
    }

    /// The classes that have a byte, as bits.
    func classes(of byte: UInt8) -> UInt16 {
        known.enumerated().reduce(into: 0) { mask, entry in
            if entry.element.contains(byte) { mask |= 1 << UInt16(entry.offset) }
        }
    }

    /// The first bytes as the ranges that each must lie in, as far as their number is fixed, and
    /// the steps after them.
    func divided() -> (fixed: [[ClosedRange<UInt8>]], open: [BytePattern.Step]) {
        var fixed: [[ClosedRange<UInt8>]] = []
        for (index, step) in steps.enumerated() {
            let ranges = ranges(of: step)
            guard step.least == step.most, (1...2).contains(ranges.count),
                fixed.count + Int(step.least) <= Self.mostFixed
            else { return (fixed, Array(steps[index...])) }
            fixed += Array(repeating: ranges, count: Int(step.least))
        }
        return (fixed, [])
    }

    private func ranges(of step: BytePattern.Step) -> [ClosedRange<UInt8>] {
        let bytes = known[step.mask.trailingZeroBitCount]
        var ranges: [ClosedRange<UInt8>] = []
        for byte in UInt8(0)...255 where bytes.contains(byte) {
            if let last = ranges.last, last.upperBound == byte &- 1 {
                ranges[ranges.count - 1] = last.lowerBound...byte
            } else {
                ranges.append(byte...byte)
            }
        }
        return ranges
    }

    /// Whether nothing that is taken could be needed by what follows.
    private var isWithoutGoingBack: Bool {
        for (index, step) in steps.enumerated() where step.least != step.most {
            let bytes = known[step.mask.trailingZeroBitCount]
            for following in steps[(index + 1)...] {
                if bytes.meets(known[following.mask.trailingZeroBitCount]) { return false }
                if following.least > 0 { break }
            }
        }
        return true
    }

    private mutating func mask(of bytes: ByteClass) -> UInt16? {
        if let index = known.firstIndex(of: bytes) { return 1 << UInt16(index) }
        guard known.count < Self.mostClasses else { return nil }
        known.append(bytes)
        return 1 << UInt16(known.count - 1)
    }

    // MARK: Reading

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func item() -> ByteClass? {
        if take("[") { return characterClass() }
        if take("\\") { return escape() }
        let byte = text[position]
        guard byte < 128, !".*+?()|{}[]^$\\".utf8.contains(byte) else { return nil }
        position += 1
        return Self.single(byte)
    }

    private static func single(_ byte: UInt8) -> ByteClass {
        var bytes = ByteClass()
        bytes.insert(byte...byte)
        return bytes
    }

    private mutating func escape() -> ByteClass? {
        guard position < text.count else { return nil }
        defer { position += 1 }
        var bytes = ByteClass()
        switch text[position] {
        case UInt8(ascii: "d"): bytes.insert(48...57)
        case UInt8(ascii: "w"):
            bytes.insert(48...57)
            bytes.insert(65...90)
            bytes.insert(97...122)
            bytes.insert(95...95)
        case let byte where ".-/*+?()|{}[]^$\\@:_".utf8.contains(byte) && byte != 95:
            bytes.insert(byte...byte)
        default: return nil
        }
        return bytes
    }

    private mutating func characterClass() -> ByteClass? {
        let isNegated = take("^")
        var bytes = ByteClass()
        while !take("]") {
            guard let low = classItem() else { return nil }
            guard position + 1 < text.count, text[position] == UInt8(ascii: "-"),
                text[position + 1] != UInt8(ascii: "]")
            else {
                bytes.ascii |= low.ascii
                continue
            }
            position += 1
            guard low.ascii.nonzeroBitCount == 1, let high = classItem(),
                high.ascii.nonzeroBitCount == 1, low.ascii <= high.ascii
            else { return nil }
            let range =
                UInt8(
                    low.ascii.trailingZeroBitCount)...UInt8(
                    high.ascii.trailingZeroBitCount)
            bytes.insert(range)
        }
        guard isNegated || bytes.ascii != 0 else { return nil }
        if isNegated { bytes = ByteClass(ascii: ~bytes.ascii, hasOthers: true) }
        return bytes
    }

    private mutating func classItem() -> ByteClass? {
        guard position < text.count, text[position] < 128 else { return nil }
        if take("\\") { return escape() }
        position += 1
        return Self.single(text[position - 1])
    }

    /// How often the item before may come; `nil` for what can't be read.
    private mutating func repetition() -> (least: UInt32, most: UInt32)? {
        var bounds: (least: UInt32, most: UInt32) = (1, 1)
        if take("*") {
            bounds = (0, .max)
        } else if take("+") {
            bounds = (1, .max)
        } else if take("?") {
            bounds = (0, 1)
        } else if take("{") {
            guard let least = number() else { return nil }
            bounds = (least, least)
            if take(",") {
                let isOpen = position < text.count && text[position] == UInt8(ascii: "}")
                guard let most = isOpen ? .max : number() else { return nil }
                bounds.most = most
            }
            guard take("}"), bounds.least <= bounds.most else { return nil }
        }
        // A second sign makes it lazy, or is a mistake.
        guard position == text.count || !"*+?{".utf8.contains(text[position]) else { return nil }
        return bounds
    }

    private mutating func number() -> UInt32? {
        var value: UInt32?
        while position < text.count, (48...57).contains(text[position]) {
            value = (value ?? 0) * 10 + UInt32(text[position] - 48)
            position += 1
            guard value ?? 0 <= 65535 else { return nil }
        }
        return value
    }
}
