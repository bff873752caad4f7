public import Events

/// Finds the values that come most often, with a fixed number of counters.
///
/// A value that has no counter takes over the smallest one and goes on counting from there, so a
/// count may be too high by what the counter had: its `error`, at most the number of all values
/// divided by the number of counters. It is never too low, and every value that came more often
/// than that is there. This holds for unions too, in any order.
///
/// ```swift
/// var products = FrequentValues(capacity: 100)
/// unsafe products.insert(name)
/// products.forEachOfTop(10) { value, count, error in ... }
/// ```
///
/// - Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in
///   data streams" (2005), Space-Saving; the union is that of Agarwal and others, "Mergeable
///   summaries" (2012).
public struct FrequentValues: Sendable {
    public static let capacities = 1...10_000
    /// Longer values are not taken; whoever has them cuts them first.
    public static let longestValue = 1_024

    private struct Counter: Sendable {
        var count: UInt64
        var error: UInt64
        var hash: UInt32
        var start: Int
        var length: Int
    }

    public let capacity: Int
    /// How many values were added.
    public private(set) var total: UInt64 = 0
    private var counters: [Counter] = []
    private var text: [UInt8] = []

    /// - Precondition: `capacity` is one of ``capacities``.
    public init(capacity: Int) {
        precondition(Self.capacities.contains(capacity), "\(capacity) counters")
        self.capacity = capacity
    }

    public var isEmpty: Bool { counters.isEmpty }

    public mutating func removeAll() {
        total = 0
        counters.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    /// Adds a value.
    ///
    /// - Precondition: it has at most ``longestValue`` bytes.
    public mutating func insert(_ value: UnsafeRawBufferPointer) {
        precondition(value.count <= Self.longestValue, "a value of \(value.count) bytes")
        total &+= 1
        let hash = unsafe Self.hash(of: value)
        if let index = unsafe index(of: value, hash) {
            counters[index].count &+= 1
        } else if counters.count < capacity {
            unsafe counters.append(place(value, hash, count: 1, error: 0))
        } else {
            let smallest = indexOfSmallest
            let count = counters[smallest].count
            counters[smallest] = unsafe place(value, hash, count: count &+ 1, error: count)
            if text.count > 2 * capacity * Self.longestValue { compact() }
        }
    }

    /// Adds all values of another.
    ///
    /// A value that one side does not have may have come as often there as its smallest count; when
    /// there are too many counters, the largest are kept.
    public mutating func formUnion(_ other: FrequentValues) {
        let (ownSmallest, otherSmallest) = (smallestCount, other.smallestCount)
        total &+= other.total
        var isShared = Array(repeating: false, count: counters.count)
        for counter in other.counters {
            unsafe other.withValue(of: counter) { value in
                if let index = unsafe index(of: value, counter.hash), index < isShared.count {
                    isShared[index] = true
                    counters[index].count &+= counter.count
                    counters[index].error &+= counter.error
                } else {
                    unsafe counters.append(
                        place(
                            value, counter.hash, count: counter.count &+ ownSmallest,
                            error: counter.error &+ ownSmallest))
                }
            }
        }
        for index in isShared.indices where !isShared[index] {
            counters[index].count &+= otherSmallest
            counters[index].error &+= otherSmallest
        }
        if counters.count > capacity {
            sort()
            counters.removeLast(counters.count - capacity)
        }
        compact()
    }

    /// What a value that has no counter may have come at most.
    private var smallestCount: UInt64 {
        counters.count < capacity ? 0 : counters[indexOfSmallest].count
    }

    private var indexOfSmallest: Int {
        var smallest = 0
        for index in counters.indices where counters[index].count < counters[smallest].count {
            smallest = index
        }
        return smallest
    }

    /// Calls `body` with the values that came most often, the most frequent first, those of one
    /// count in the order of their bytes.
    public func forEachOfTop(
        _ limit: Int,
        _ body: (_ value: UnsafeRawBufferPointer, _ count: UInt64, _ error: UInt64) -> Void
    ) {
        var sorted = self
        sorted.sort()
        for counter in sorted.counters.prefix(limit) {
            unsafe sorted.withValue(of: counter) { unsafe body($0, counter.count, counter.error) }
        }
    }

    private mutating func sort() {
        unsafe text.withUnsafeBytes { text in
            counters.sort { left, right in
                if left.count != right.count { return left.count > right.count }
                return unsafe Self.isBefore(
                    UnsafeRawBufferPointer(rebasing: text[left.start..<left.start + left.length]),
                    UnsafeRawBufferPointer(rebasing: text[right.start..<right.start + right.length])
                )
            }
        }
    }

    private static func isBefore(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        for index in 0..<min(left.count, right.count) {
            let (a, b) = unsafe (left[index], right[index])
            if a != b { return a < b }
        }
        return left.count < right.count
    }

    // MARK: Values

    private static func hash(of value: UnsafeRawBufferPointer) -> UInt32 {
        unsafe UInt32(truncatingIfNeeded: Murmur3.hash(value).low)
    }

    private func index(of value: UnsafeRawBufferPointer, _ hash: UInt32) -> Int? {
        for index in counters.indices
        where counters[index].hash == hash && counters[index].length == value.count {
            let counter = counters[index]
            let isSame = unsafe text.withUnsafeBytes { text in
                for offset in 0..<value.count
                where unsafe text[counter.start + offset] != value[offset] {
                    return false
                }
                return true
            }
            if isSame { return index }
        }
        return nil
    }

    private mutating func place(
        _ value: UnsafeRawBufferPointer, _ hash: UInt32, count: UInt64, error: UInt64
    ) -> Counter {
        let start = text.count
        unsafe text.append(contentsOf: value)
        return Counter(count: count, error: error, hash: hash, start: start, length: value.count)
    }

    private func withValue(of counter: Counter, _ body: (UnsafeRawBufferPointer) -> Void) {
        unsafe text.withUnsafeBytes { text in
            unsafe body(
                UnsafeRawBufferPointer(
                    rebasing: text[counter.start..<counter.start + counter.length]))
        }
    }

    /// Forgets the texts that no counter has any more.
    private mutating func compact() {
        var kept: [UInt8] = []
        for index in counters.indices {
            let counter = counters[index]
            let start = kept.count
            kept += text[counter.start..<counter.start + counter.length]
            counters[index].start = start
        }
        text = kept
    }

    // MARK: Bytes

    private static let form: UInt8 = 1

    public func encode(to buffer: inout ByteBuffer) {
        buffer.append(Self.form)
        buffer.append(variable: total)
        buffer.append(variable: UInt64(counters.count))
        for counter in counters {
            buffer.append(variable: counter.count)
            buffer.append(variable: counter.error)
            buffer.append(littleEndian: counter.hash)
            buffer.append(variable: UInt64(counter.length))
            unsafe withValue(of: counter) { unsafe buffer.append($0) }
        }
    }

    /// Becomes what ``encode(to:)`` wrote of one with as many counters.
    public mutating func decode(_ reader: inout SketchReader) throws(SketchError) {
        removeAll()
        guard try reader.byte() == Self.form else {
            throw SketchError("there is no such form of frequent values")
        }
        total = try reader.variable()
        let count = try reader.count(ofSize: 7, atMost: capacity)
        for _ in 0..<count {
            let (count, error) = (try reader.variable(), try reader.variable())
            let hash = try reader.number(UInt32.self)
            let length = try reader.count(ofSize: 1, atMost: Self.longestValue)
            guard error < count else { throw SketchError("an error is not below its count") }
            let value = unsafe try reader.take(length)
            unsafe counters.append(place(value, hash, count: count, error: error))
        }
    }
}
