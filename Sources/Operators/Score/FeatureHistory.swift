internal import Events
internal import Models
internal import StreamCore

/// The events of one key that features look back on, in the bytes that the state keeps.
///
/// What is older than every window and the grace is folded into one sum for each feature; what is
/// younger is a log of entries in the order of their times, from which a feature is computed as of
/// any moment. So an event within the grace never sees one that is later than itself.
///
/// Layout, in the byte order of the machine that owns the state file: version (1), time of the
/// pending timer (8), time of the latest entry ever (8), time up to which was folded (8), number
/// of entries (4); for each feature without a window a ``FoldedSum`` and, for `distinct`, the
/// number of hashes (4) and the hashes (8 each); then the entries: time (8), a bit for each feature
/// (8), and the values (8 each).
struct FeatureHistory: ~Copyable {
    static let layoutVersion = 1
    private static let version: UInt8 = 1
    private static let headSize = 29
    /// The bits of an entry are those of one word.
    static let mostFeatures = 64

    /// All that is older than the log, of one feature.
    struct FoldedSum: BitwiseCopyable {
        var count: Int64 = 0
        /// A sum; of `decay`, what it was at `last`.
        var sum = 0.0
        var first = Int64.max
        var last = Int64.min
    }

    /// What one event adds.
    struct Entry {
        var time: Int64 = 0
        var present: UInt64 = 0
        /// The bits of numbers, or hashes.
        var values: [UInt64] = []
    }

    private let settings: ScoreSettings
    private let features: [FeatureDefinition.History]
    private let entrySize: Int
    /// Where the folded sum of each feature is; `nil` when it has a window.
    private let foldedPlaces: [Int?]

    private(set) var timer = Int64.max
    private(set) var latest = Int64.min
    private(set) var foldedTime = Int64.min
    private var folded: [FoldedSum] = []
    private var distinct: [[UInt64]] = []
    private var entries: [UInt8] = []
    private var seen: [UInt64] = []
    private var newest: [UInt8] = []
    /// Entries that were folded although a window may still have needed them.
    private(set) var overflowCount: Int

    init(_ settings: ScoreSettings, overflowCount: Int = 0) {
        self.settings = settings
        self.overflowCount = overflowCount
        features = settings.histories.compactMap { settings.features[$0].history }
        entrySize = 16 + 8 * settings.valueCount
        var place = 0
        var places: [Int?] = []
        for feature in features {
            places.append(feature.window == nil ? place : nil)
            if feature.window == nil { place += 1 }
        }
        foldedPlaces = places
        removeAll()
    }

    mutating func removeAll() {
        timer = .max
        latest = .min
        foldedTime = .min
        let count = foldedPlaces.count { $0 != nil }
        if folded.count == count {
            for index in folded.indices { folded[index] = FoldedSum() }
            for index in distinct.indices { distinct[index].empty() }
        } else {
            folded = Array(repeating: FoldedSum(), count: count)
            distinct = Array(repeating: [], count: count)
        }
        entries.removeAll(keepingCapacity: true)
    }

    var entryCount: Int { entries.count / entrySize }

    private func time(of entry: Int) -> Int64 {
        unsafe entries.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: entry * entrySize, as: Int64.self)
        }
    }

    private func present(in entry: Int) -> UInt64 {
        unsafe entries.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: entry * entrySize + 8, as: UInt64.self)
        }
    }

    private func bits(_ value: Int, of entry: Int) -> UInt64 {
        unsafe entries.withUnsafeBytes {
            unsafe $0.loadUnaligned(
                fromByteOffset: entry * entrySize + 16 + value * 8, as: UInt64.self)
        }
    }

    // MARK: Asking

    /// The value of a feature as of `time`: of the events up to then, and of `own` when the feature
    /// counts the event itself. Not a number when there is none.
    mutating func value(of index: Int, asOf time: Int64, own: Entry) -> Double {
        let feature = features[index]
        let oldest = feature.window.map {
            Timestamp(milliseconds: time).adding(milliseconds: -$0).milliseconds
        }
        let log = Log(entries: entries, size: entrySize, first: firstEntry(after: oldest))
        let isOwnCounted = feature.includesCurrent && own.present >> UInt64(index) & 1 == 1
        let ownBits = isOwnCounted ? feature.valueIndex.map { own.values[$0] } ?? 0 : 0
        if feature.aggregate == .distinct {
            seen.removeAll(keepingCapacity: true)
            if let place = foldedPlaces[index] { seen += distinct[place] }
            let foldedCount = seen.count
            Self.forEach(log, index, feature.valueIndex, upTo: time) { bits, _ in
                seen.append(bits)
            }
            if isOwnCounted { seen.append(ownBits) }
            return Double(Self.distinctCount(&seen, foldedCount))
        }
        var sum = Accumulator(feature)
        if let place = foldedPlaces[index] { sum.take(folded[place]) }
        Self.forEach(log, index, feature.valueIndex, upTo: time) { bits, entryTime in
            sum.add(Double(bitPattern: bits), at: entryTime)
        }
        if isOwnCounted { sum.add(Double(bitPattern: ownBits), at: time) }
        return sum.result(at: time)
    }

    /// Entries from one on.
    private struct Log {
        let entries: [UInt8]
        let size: Int
        let first: Int
    }

    /// What the entries of a log up to a time say of a feature, in the order of their times.
    @inline(__always)
    private static func forEach(
        _ log: Log, _ index: Int, _ valueIndex: Int?, upTo time: Int64,
        _ body: (_ bits: UInt64, _ time: Int64) -> Void
    ) {
        unsafe log.entries.withUnsafeBytes { entries in
            var place = log.first &* log.size
            while place < entries.count {
                let entryTime = unsafe entries.loadUnaligned(fromByteOffset: place, as: Int64.self)
                if entryTime > time { break }
                let present = unsafe entries.loadUnaligned(
                    fromByteOffset: place &+ 8, as: UInt64.self)
                if present &>> UInt64(index) & 1 == 1 {
                    let bits = valueIndex.map {
                        unsafe entries.loadUnaligned(
                            fromByteOffset: place &+ 16 &+ $0 &* 8, as: UInt64.self)
                    }
                    body(bits ?? 0, entryTime)
                }
                place &+= log.size
            }
        }
    }

    /// How many different hashes there are: the first `sorted` are in order and differ already.
    private static func distinctCount(_ hashes: inout [UInt64], _ sorted: Int) -> Int {
        if hashes.count == sorted { return sorted }
        hashes.sort()
        return hashes.indices.count { $0 == 0 || hashes[$0] != hashes[$0 - 1] }
    }

    /// The first entry that is later than `time`.
    private func firstEntry(after time: Int64?) -> Int {
        guard let time else { return 0 }
        var (low, high) = (0, entryCount)
        while low < high {
            let middle = (low + high) / 2
            if self.time(of: middle) > time { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: Changing

    /// Puts an entry into the log, and folds what no event can ask for any more.
    mutating func insert(_ entry: Entry, streamTime: Int64) {
        let place = firstEntry(after: entry.time) * entrySize
        newest.removeAll(keepingCapacity: true)
        unsafe withUnsafeBytes(of: entry.time) { unsafe newest.append(contentsOf: $0) }
        unsafe withUnsafeBytes(of: entry.present) { unsafe newest.append(contentsOf: $0) }
        unsafe entry.values.withUnsafeBytes { unsafe newest.append(contentsOf: $0) }
        entries.insert(contentsOf: newest, at: place)
        latest = max(latest, entry.time)
        let bound = Timestamp(milliseconds: streamTime).adding(milliseconds: -settings.grace)
            .adding(milliseconds: -settings.longestWindow).milliseconds
        var count = firstEntry(after: bound)
        let excess = entryCount - settings.maximumEntries
        if excess > count {
            overflowCount += excess - count
            count = excess
        }
        guard count > 0 else { return }
        for entry in 0..<count { fold(entry) }
        entries.removeFirst(count * entrySize)
    }

    private mutating func fold(_ entry: Int) {
        let time = time(of: entry)
        foldedTime = max(foldedTime, time)
        for (index, feature) in features.enumerated() {
            guard let place = foldedPlaces[index], present(in: entry) >> UInt64(index) & 1 == 1
            else { continue }
            let bits = feature.valueIndex.map { self.bits($0, of: entry) } ?? 0
            if feature.aggregate == .distinct {
                Self.insert(bits, into: &distinct[place], atMost: settings.maximumDistinct)
                continue
            }
            var sum = Accumulator(feature)
            sum.take(folded[place])
            sum.add(Double(bitPattern: bits), at: time)
            folded[place] = sum.folded
        }
    }

    private static func insert(
        _ hash: UInt64, into hashes: inout [UInt64], atMost limit: Int
    ) {
        var (low, high) = (0, hashes.count)
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        if low < hashes.count, hashes[low] == hash { return }
        if hashes.count < limit { hashes.insert(hash, at: low) }
    }

    // MARK: Bytes

    mutating func setTimer(_ time: Int64) { timer = time }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(Self.version)
        buffer.append(number: timer)
        buffer.append(number: latest)
        buffer.append(number: foldedTime)
        buffer.append(number: UInt32(entryCount))
        for (index, feature) in features.enumerated() {
            guard let place = foldedPlaces[index] else { continue }
            unsafe withUnsafeBytes(of: folded[place]) { unsafe buffer.append($0) }
            guard feature.aggregate == .distinct else { continue }
            buffer.append(number: UInt32(distinct[place].count))
            for hash in distinct[place] { buffer.append(number: hash) }
        }
        unsafe entries.withUnsafeBytes { unsafe buffer.append($0) }
    }

    /// Reads what ``write(to:)`` wrote.
    mutating func read(_ bytes: [UInt8]) throws(StoreError) {
        removeAll()
        var position = Self.headSize
        guard bytes.count >= Self.headSize, bytes[0] == Self.version else {
            throw corrupt("it has \(bytes.count) bytes and no head of version \(Self.version)")
        }
        unsafe bytes.withUnsafeBytes { bytes in
            timer = unsafe bytes.loadUnaligned(fromByteOffset: 1, as: Int64.self)
            latest = unsafe bytes.loadUnaligned(fromByteOffset: 9, as: Int64.self)
            foldedTime = unsafe bytes.loadUnaligned(fromByteOffset: 17, as: Int64.self)
        }
        let count = Int(try load(UInt32.self, bytes, 25))
        for (index, feature) in features.enumerated() {
            guard let place = foldedPlaces[index] else { continue }
            folded[place] = try load(FoldedSum.self, bytes, position)
            position += MemoryLayout<FoldedSum>.size
            guard feature.aggregate == .distinct else { continue }
            let hashes = Int(try load(UInt32.self, bytes, position))
            position += 4
            guard hashes <= (bytes.count - position) / 8 else { throw corrupt("it is cut short") }
            for _ in 0..<hashes {
                distinct[place].append(try load(UInt64.self, bytes, position))
                position += 8
            }
        }
        guard bytes.count - position == count * entrySize else {
            throw corrupt("its entries take \(bytes.count - position) bytes, not \(count) each")
        }
        entries.append(contentsOf: bytes[position...])
    }

    private func load<Value: BitwiseCopyable>(
        _: Value.Type, _ bytes: [UInt8], _ position: Int
    ) throws(StoreError) -> Value {
        guard position + MemoryLayout<Value>.size <= bytes.count else {
            throw corrupt("it is cut short")
        }
        return unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: position, as: Value.self)
        }
    }

    private func corrupt(_ reason: String) -> StoreError {
        .corrupt(
            path: settings.storeName, reason: "a history can't be read: \(reason)",
            remedy: "restore the state from its changelog or a copy")
    }
}

/// What a feature makes of the values that it is given, in the order of their times.
///
/// It takes the same steps whether a value comes from the log or was folded before, so that no digit
/// depends on when that was.
struct Accumulator {
    private let feature: FeatureDefinition.History
    private(set) var folded = FeatureHistory.FoldedSum()

    init(_ feature: FeatureDefinition.History) { self.feature = feature }

    /// Begins with what was folded.
    mutating func take(_ sum: FeatureHistory.FoldedSum) { folded = sum }

    mutating func add(_ value: Double, at entryTime: Int64) {
        if feature.aggregate == .decay { addDecayed(value, at: entryTime) }
        if feature.aggregate == .repeats {
            let isSame = folded.count > 0 && period(of: folded.last) == period(of: entryTime)
            folded.count += isSame ? 0 : 1
        } else {
            folded.count += 1
        }
        switch feature.aggregate {
        case .sum, .mean: folded.sum += value
        default: break
        }
        folded.first = min(folded.first, entryTime)
        folded.last = max(folded.last, entryTime)
    }

    func result(at time: Int64) -> Double {
        let now = Timestamp(milliseconds: time)
        func units(since earlier: Int64, from later: Timestamp) -> Double {
            guard folded.count > 0 else { return .nan }
            let milliseconds = later.milliseconds(since: Timestamp(milliseconds: earlier))
            return Double(milliseconds) / Double(feature.unit)
        }
        switch feature.aggregate {
        case .count, .distinct: return Double(folded.count)
        case .repeats: return Double(max(folded.count - 1, 0))
        case .sum: return folded.sum
        case .decay:
            return folded.count > 0 ? folded.sum * decay(from: folded.last, to: time) : 0
        case .mean: return folded.count > 0 ? folded.sum / Double(folded.count) : .nan
        case .sinceFirst: return units(since: folded.first, from: now)
        case .sinceLast: return units(since: folded.last, from: now)
        case .span: return units(since: folded.first, from: Timestamp(milliseconds: folded.last))
        }
    }

    /// The sum is that of the latest value's time.
    private mutating func addDecayed(_ value: Double, at time: Int64) {
        if folded.count == 0 {
            folded.sum = value
        } else if time < folded.last {
            folded.sum += value * decay(from: time, to: folded.last)
        } else {
            folded.sum = folded.sum * decay(from: folded.last, to: time) + value
        }
    }

    private func period(of time: Int64) -> Int64 {
        let quotient = time / feature.unit
        return time % feature.unit < 0 ? quotient - 1 : quotient
    }

    private func decay(from earlier: Int64, to later: Int64) -> Double {
        let age = Timestamp(milliseconds: later).milliseconds(
            since: Timestamp(milliseconds: earlier))
        return Mathematics.powerOfTwo(-Double(age) / Double(feature.halfLife))
    }
}
