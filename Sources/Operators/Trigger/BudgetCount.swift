internal import Events
internal import StreamCore

/// The counts of budgets, of all profiles of a task.
///
/// A value: version (1), then the numbers and counts of the two latest windows (8 each). Two, as the
/// moments of decisions are not strictly in order.
enum BudgetCount {
    private static let version: UInt8 = 1

    private struct Counts {
        var windows: [(index: Int64, count: Int64)] = [(.min, 0), (.min, 0)]
    }

    static func isUsedUp(
        _ budget: Budget, _ rule: Rule, _ target: Rule.Target, at now: Int64, _ clock: LocalClock,
        _ store: any KeyValueStore
    ) throws(StoreError) -> Bool {
        let index = budget.index(at: now, clock)
        let counts = try read(key(budget, rule, target), store)
        let count = counts.windows.first { $0.index == index }?.count ?? 0
        return count >= budget.limit
    }

    static func add(
        _ budget: Budget, _ rule: Rule, _ target: Rule.Target, at now: Int64, _ clock: LocalClock,
        _ store: any KeyValueStore
    ) throws(StoreError) {
        let index = budget.index(at: now, clock)
        let key = key(budget, rule, target)
        var counts = try read(key, store)
        if let place = counts.windows.firstIndex(where: { $0.index == index }) {
            counts.windows[place].count += 1
        } else {
            let older = counts.windows[0].index <= counts.windows[1].index ? 0 : 1
            counts.windows[older] = (index, 1)
        }
        var value: [UInt8] = [version]
        for window in counts.windows {
            for number in [window.index, window.count] {
                unsafe withUnsafeBytes(of: number.littleEndian) {
                    unsafe value.append(contentsOf: $0)
                }
            }
        }
        try store.put(key, value)
    }

    private static func key(_ budget: Budget, _ rule: Rule, _ target: Rule.Target) -> [UInt8] {
        var key: [UInt8] = []
        for number in [budget.identity, budget.counter(of: rule, target)] {
            unsafe withUnsafeBytes(of: number.littleEndian) { unsafe key.append(contentsOf: $0) }
        }
        return key
    }

    private static func read(
        _ key: [UInt8], _ store: any KeyValueStore
    ) throws(StoreError) -> Counts {
        var value: [UInt8] = []
        guard try store.get(key, into: &value) else { return Counts() }
        guard value.count == 33, value[0] == version else {
            throw .corrupt(
                path: "budgets", reason: "the count of a budget has \(value.count) bytes",
                remedy: "restore the file, or reset the application")
        }
        func number(_ place: Int) -> Int64 {
            (0..<8).reduce(0) { $0 | Int64(value[1 + place * 8 + $1]) << ($1 * 8) }
        }
        return Counts(windows: [(number(0), number(1)), (number(2), number(3))])
    }
}

extension KeyValueStore {
    func put(_ key: [UInt8], _ value: [UInt8]) throws(StoreError) {
        try unsafe key.span.bytes.withUnsafeBytes { (key) throws(StoreError) in
            try unsafe put(key, copyOf: value)
        }
    }

    func put(_ key: UnsafeRawBufferPointer, copyOf value: [UInt8]) throws(StoreError) {
        try unsafe value.span.bytes.withUnsafeBytes { (value) throws(StoreError) in
            try unsafe put(key, value)
        }
    }

    func get(_ key: [UInt8], into value: inout [UInt8]) throws(StoreError) -> Bool {
        try unsafe key.span.bytes.withUnsafeBytes { (key) throws(StoreError) in
            try unsafe get(key, into: &value)
        }
    }
}
