public import Events

/// Counts distinct values in little memory.
///
/// Up to a number of values (384 at the standard precision) it keeps their hashes and the count is
/// exact; from there on it keeps 2^`precision` registers of six bits, and the count has a standard
/// error of 1.04 / sqrt(2^`precision`): 1.6 % at 12.
///
/// What it holds depends on the set of values alone, not on their order or on how often they came,
/// and the union of two sketches is the sketch of both sets.
///
/// ```swift
/// var visitors = HyperLogLog(precision: 12)
/// visitors.insert(unsafe Murmur3.hash(name).low)
/// print(visitors.count)
/// ```
///
/// - Source: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog" (2007); the estimate is that of Ertl,
///   "New cardinality estimation algorithms for HyperLogLog sketches" (2017), which needs no
///   tables and no correction for small or large counts.
public struct HyperLogLog: Sendable, Equatable {
    public static let precisions = 4...16
    public static let standardPrecision = 12

    public let precision: Int
    /// Sorted; while the registers are not in use.
    private var hashes: [UInt64] = []
    /// Six bits each, and a byte so that two can always be read; empty until they are needed.
    private var registers: [UInt8] = []
    private var isDense = false

    /// - Precondition: `precision` is one of ``precisions``.
    public init(precision: Int = standardPrecision) {
        precondition(Self.precisions.contains(precision), "a precision of \(precision)")
        self.precision = precision
    }

    private var registerCount: Int { 1 << precision }
    private var registerByteCount: Int { registerCount * 6 / 8 + 1 }
    /// As many hashes as take no more room than the registers.
    private var mostHashes: Int { registerCount * 6 / 64 }
    /// A hash has so many bits behind those that choose the register.
    private var rankBits: Int { 64 - precision }

    /// The standard error of the count, as a share of it, once it is no longer exact.
    public var standardError: Double { 1.04 / Double(registerCount).squareRoot() }
    /// Whether ``count`` is exact, but for hashes that are equal by chance.
    public var isExact: Bool { !isDense }

    public mutating func removeAll() {
        hashes.removeAll(keepingCapacity: true)
        isDense = false
    }

    /// Adds a value by its hash, of which every bit must be as good as random.
    public mutating func insert(_ hash: UInt64) {
        guard !isDense else { return record(hash) }
        var (low, high) = (0, hashes.count)
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        if low < hashes.count, hashes[low] == hash { return }
        hashes.insert(hash, at: low)
        if hashes.count > mostHashes { becomeDense() }
    }

    /// Adds all values of another sketch.
    ///
    /// - Precondition: both have one precision.
    public mutating func formUnion(_ other: HyperLogLog) {
        precondition(precision == other.precision, "sketches of two precisions have no union")
        guard other.isDense else {
            for hash in other.hashes { insert(hash) }
            return
        }
        if !isDense { becomeDense() }
        for index in 0..<registerCount {
            let rank = other.register(index)
            if rank > register(index) { setRegister(index, to: rank) }
        }
    }

    // MARK: Registers

    private mutating func becomeDense() {
        isDense = true
        if registers.isEmpty {
            registers = Array(repeating: 0, count: registerByteCount)
        } else {
            for index in registers.indices { registers[index] = 0 }
        }
        for hash in hashes { record(hash) }
        hashes.removeAll(keepingCapacity: true)
    }

    private mutating func record(_ hash: UInt64) {
        let index = Int(truncatingIfNeeded: hash >> UInt64(rankBits))
        let rest = hash << UInt64(precision)
        let rank = UInt16(min(rest.leadingZeroBitCount, rankBits) + 1)
        if rank > register(index) { setRegister(index, to: rank) }
    }

    private func register(_ index: Int) -> UInt16 {
        let bit = index * 6
        let pair = UInt16(registers[bit >> 3]) | UInt16(registers[bit >> 3 + 1]) << 8
        return pair >> UInt16(bit & 7) & 63
    }

    private mutating func setRegister(_ index: Int, to rank: UInt16) {
        let bit = index * 6
        var pair = UInt16(registers[bit >> 3]) | UInt16(registers[bit >> 3 + 1]) << 8
        pair &= ~(63 << UInt16(bit & 7))
        pair |= rank << UInt16(bit & 7)
        registers[bit >> 3] = UInt8(truncatingIfNeeded: pair)
        registers[bit >> 3 + 1] = UInt8(truncatingIfNeeded: pair >> 8)
    }

    // MARK: The count

    /// How many distinct values there are, rounded to a whole number.
    public var count: UInt64 {
        isDense ? UInt64(estimate.rounded()) : UInt64(hashes.count)
    }

    private var estimate: Double {
        let mostRank = rankBits + 1
        var counts = InlineArray<64, Int>(repeating: 0)
        for index in 0..<registerCount { counts[Int(register(index))] += 1 }
        let total = Double(registerCount)
        var sum = total * Self.tau(1 - Double(counts[mostRank]) / total)
        for rank in stride(from: mostRank - 1, through: 1, by: -1) {
            sum = 0.5 * (sum + Double(counts[rank]))
        }
        sum += total * Self.sigma(Double(counts[0]) / total)
        // 1 / (2 ln 2)
        return 0.721_347_520_444_481_7 * total * total / sum
    }

    private static func sigma(_ start: Double) -> Double {
        guard start < 1 else { return .infinity }
        var (power, factor, sum) = (start, 1.0, start)
        while true {
            power *= power
            let next = sum + power * factor
            if next == sum { return sum }
            sum = next
            factor += factor
        }
    }

    private static func tau(_ start: Double) -> Double {
        guard start > 0, start < 1 else { return 0 }
        var (root, factor, sum) = (start, 1.0, 1 - start)
        while true {
            root = root.squareRoot()
            factor *= 0.5
            let next = sum - (1 - root) * (1 - root) * factor
            if next == sum { return sum / 3 }
            sum = next
        }
    }

    // MARK: Bytes

    private static let exactForm: UInt8 = 1
    private static let denseForm: UInt8 = 2

    public func encode(to buffer: inout ByteBuffer) {
        if isDense {
            buffer.append(Self.denseForm)
            unsafe buffer.append(registers.span.bytes)
        } else {
            buffer.append(Self.exactForm)
            buffer.append(variable: UInt64(hashes.count))
            for hash in hashes { buffer.append(littleEndian: hash) }
        }
    }

    /// Becomes what ``encode(to:)`` wrote of a sketch of the same precision.
    public mutating func decode(_ reader: inout SketchReader) throws(SketchError) {
        removeAll()
        switch try reader.byte() {
        case Self.exactForm:
            let count = try reader.count(ofSize: 8, atMost: mostHashes)
            var last: UInt64?
            for _ in 0..<count {
                let hash = try reader.number(UInt64.self)
                if let last, last >= hash { throw SketchError("hashes are not in order") }
                hashes.append(hash)
                last = hash
            }
        case Self.denseForm:
            let bytes = unsafe try reader.take(registerByteCount)
            isDense = true
            if registers.isEmpty { registers = Array(repeating: 0, count: registerByteCount) }
            unsafe registers.withUnsafeMutableBytes { unsafe $0.copyMemory(from: bytes) }
            for index in 0..<registerCount where register(index) > rankBits + 1 {
                throw SketchError("a register is too large")
            }
        case let form: throw SketchError("there is no form \(form) of a count of distinct values")
        }
    }

    /// Sketches are equal when they hold the same.
    public static func == (left: HyperLogLog, right: HyperLogLog) -> Bool {
        guard left.precision == right.precision, left.isDense == right.isDense else { return false }
        return left.isDense ? left.registers == right.registers : left.hashes == right.hashes
    }
}
