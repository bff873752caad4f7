internal import Events
internal import Sketches

/// What the measures say of one window: empty at first, then with each of its events more.
struct Tally {
    static let layoutVersion = 1
    /// The first byte of a frequent value: it is a text, or any other JSON value.
    static let textMark: UInt8 = 0x73
    static let jsonMark: UInt8 = 0x6A

    /// What is exact of a measure.
    private struct Numbers {
        /// The events or values that count.
        var count: UInt64 = 0
        /// Values that are none that the measure takes.
        var ignored: UInt64 = 0
        /// The sum, the smallest or the largest.
        var amount: ExactDecimal?
    }

    private let measures: [Measure]
    private var numbers: [Numbers]
    private var distinct: [HyperLogLog] = []
    private var digests: [TDigest] = []
    private var frequent: [FrequentValues] = []

    init(_ measures: [Measure]) {
        self.measures = measures
        numbers = Array(repeating: Numbers(), count: measures.count)
        for measure in measures {
            switch measure.function {
            case .count, .sum, .average, .minimum, .maximum: break
            case .distinct(let precision): distinct.append(HyperLogLog(precision: precision))
            case .quantiles(_, let compression):
                digests.append(TDigest(compression: compression))
            case .top(_, let counters): frequent.append(FrequentValues(capacity: counters))
            }
        }
    }

    mutating func removeAll() {
        for index in numbers.indices { numbers[index] = Numbers() }
        for index in distinct.indices { distinct[index].removeAll() }
        for index in digests.indices { digests[index].removeAll() }
        for index in frequent.indices { frequent[index].removeAll() }
    }

    // MARK: Adding

    mutating func add(_ event: borrowing EventMeasures) {
        for index in measures.indices {
            switch event.contributions[index] {
            case .nothing: break
            case .ignored: numbers[index].ignored &+= 1
            case .event: numbers[index].count &+= 1
            case .amount(let amount):
                if add(amount, to: index) { numbers[index].count &+= 1 }
            case .number(let number):
                numbers[index].count &+= 1
                digests[measures[index].slot].insert(number)
            case .hash(let hash):
                numbers[index].count &+= 1
                distinct[measures[index].slot].insert(hash)
            case .text(let range):
                numbers[index].count &+= 1
                unsafe frequent[measures[index].slot].insert(event.text(range))
            }
        }
    }

    /// Adds all that another tally of the same measures has.
    mutating func formUnion(_ other: Tally) {
        for index in measures.indices {
            let before = numbers[index].ignored
            numbers[index].count &+= other.numbers[index].count
            numbers[index].ignored = before &+ other.numbers[index].ignored
            if let amount = other.numbers[index].amount { _ = add(amount, to: index) }
        }
        for index in distinct.indices { distinct[index].formUnion(other.distinct[index]) }
        for index in digests.indices { digests[index].formUnion(other.digests[index]) }
        for index in frequent.indices { frequent[index].formUnion(other.frequent[index]) }
    }

    /// Returns false when the sum would have too many digits; the amount is then ignored.
    private mutating func add(_ amount: ExactDecimal, to index: Int) -> Bool {
        guard let known = numbers[index].amount else {
            numbers[index].amount = amount
            return true
        }
        switch measures[index].function {
        case .minimum:
            if Self.isBelow(amount, known) { numbers[index].amount = amount }
        case .maximum:
            if Self.isBelow(known, amount) { numbers[index].amount = amount }
        default:
            guard let sum = known.adding(amount) else {
                numbers[index].ignored &+= 1
                return false
            }
            numbers[index].amount = sum
        }
        return true
    }

    private static func isBelow(_ left: ExactDecimal, _ right: ExactDecimal) -> Bool {
        left.scale == right.scale ? left.mantissa < right.mantissa : left < right
    }

    // MARK: Bytes

    private static let noAmount: UInt8 = .max

    func encode(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        for measure in numbers {
            buffer.append(variable: measure.count)
            buffer.append(variable: measure.ignored)
            buffer.append(measure.amount.map { UInt8($0.scale) } ?? Self.noAmount)
            if let amount = measure.amount { buffer.append(littleEndian: amount.mantissa) }
        }
        for sketch in distinct { sketch.encode(to: &buffer) }
        for sketch in digests { sketch.encode(to: &buffer) }
        for sketch in frequent { sketch.encode(to: &buffer) }
    }

    /// Becomes what ``encode(to:)`` wrote of a tally of the same measures.
    mutating func decode(_ reader: inout SketchReader) throws(SketchError) {
        let version = try reader.byte()
        guard version == Self.layoutVersion else {
            throw SketchError("a window has layout \(version), not \(Self.layoutVersion)")
        }
        for index in numbers.indices {
            var found = Numbers(count: try reader.variable(), ignored: try reader.variable())
            let scale = try reader.byte()
            if scale != Self.noAmount {
                guard scale <= ExactDecimal.maximumScale else {
                    throw SketchError("an amount has \(scale) digits behind its point")
                }
                found.amount = ExactDecimal(
                    mantissa: try reader.number(Int128.self), scale: Int(scale))
            }
            numbers[index] = found
        }
        for index in distinct.indices { try distinct[index].decode(&reader) }
        for index in digests.indices { try digests[index].decode(&reader) }
        for index in frequent.indices { try frequent[index].decode(&reader) }
    }

    // MARK: Results

    /// Writes the members of a JSON object, without braces, that say what the measures are.
    func writeMembers(to buffer: inout ByteBuffer) {
        for index in measures.indices {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: measures[index].name)
            buffer.append(UInt8(ascii: ":"))
            writeValue(of: index, to: &buffer)
        }
        writeIgnored(to: &buffer)
    }

    private func writeValue(of index: Int, to buffer: inout ByteBuffer) {
        let found = numbers[index]
        switch measures[index].function {
        case .count: buffer.append(unsignedInteger: found.count)
        case .sum: buffer.append(found.amount ?? .zero)
        case .minimum, .maximum:
            if let amount = found.amount { buffer.append(amount) } else { buffer.append("null") }
        case .average:
            if let sum = found.amount, found.count > 0 {
                buffer.append(sum.average(of: found.count))
            } else {
                buffer.append("null")
            }
        case .distinct: buffer.append(unsignedInteger: distinct[measures[index].slot].count)
        case .quantiles(let quantiles, _):
            writeQuantiles(quantiles, of: digests[measures[index].slot], to: &buffer)
        case .top(let limit, _):
            writeTop(limit, of: frequent[measures[index].slot], to: &buffer)
        }
    }

    private func writeQuantiles(
        _ quantiles: [Measure.Quantile], of digest: TDigest, to buffer: inout ByteBuffer
    ) {
        buffer.append(UInt8(ascii: "{"))
        for (position, quantile) in quantiles.enumerated() {
            if position > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: quantile.label)
            buffer.append(UInt8(ascii: ":"))
            if let value = digest.quantile(quantile.share) {
                buffer.append(double: value)
            } else {
                buffer.append("null")
            }
        }
        buffer.append(UInt8(ascii: "}"))
    }

    private func writeTop(
        _ limit: Int, of values: FrequentValues, to buffer: inout ByteBuffer
    ) {
        buffer.append(UInt8(ascii: "["))
        let start = buffer.count
        unsafe values.forEachOfTop(limit) { value, count, error in
            if buffer.count > start { buffer.append(UInt8(ascii: ",")) }
            buffer.append("{\"value\":")
            let text = unsafe UnsafeRawBufferPointer(rebasing: value.dropFirst())
            if unsafe value.first == Self.textMark {
                unsafe buffer.append(jsonString: text)
            } else {
                unsafe buffer.append(text)
            }
            buffer.append(",\"count\":")
            buffer.append(unsignedInteger: count)
            buffer.append(",\"error\":")
            buffer.append(unsignedInteger: error)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: "]"))
    }

    /// How many values of which measure were none that it takes.
    private func writeIgnored(to buffer: inout ByteBuffer) {
        guard numbers.contains(where: { $0.ignored > 0 }) else { return }
        buffer.append(",\"ignored\":{")
        let start = buffer.count
        for index in measures.indices where numbers[index].ignored > 0 {
            if buffer.count > start { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: measures[index].name)
            buffer.append(UInt8(ascii: ":"))
            buffer.append(unsignedInteger: numbers[index].ignored)
        }
        buffer.append(UInt8(ascii: "}"))
    }
}
