import Foundation
import Glibc
import StreamCore
import StreamState
import Testing

/// Measurements, not tests: `MILLRACE_BENCH=1 swift test ... --filter StateBenchmarks` prints them.
///
/// `MILLRACE_BENCH_KEYS` is the size of the large state, by default ten million keys, which take
/// 2.8 GB of disk.
@Suite(
    "State benchmarks", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["MILLRACE_BENCH"] == "1"))
struct StateBenchmarks {
    @Test("restores a million keys with values of 200 bytes", arguments: [false, true])
    func restore(isSorted: Bool) throws {
        let folder = TemporaryFolder()
        let state = try SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
            .open(.first, stores: [.sessions])
        let count = 1_000_000
        let spent = try measure { try restoreKeys(state, count, isSorted: isSorted) }
        state.close()
        report(
            "restore, keys \(isSorted ? "in order" : "in no order"):",
            "\(Int(Double(count) / spent.elapsed * 1_000)) records/s,",
            "\(Int(Double(count) / spent.onCore * 1_000)) a second on core, \(spent)")
    }

    @Test("what a commit of 10,000 entries costs", arguments: [10_000, 100_000, 1_000_000])
    func commit(keyCount: Int) throws {
        var means: [Double] = []
        for isExactlyOnce in [false, true] {
            let folder = TemporaryFolder()
            let state = try SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
                .open(.first, stores: [.sessions])
            try restoreKeys(state, keyCount, isSorted: true)
            var work = StoreWork(state, keyCount: keyCount)
            var durations: [Double] = []
            var onCore = 0.0
            for round in 0..<60 {
                for index in 0..<10_000 {
                    try work.change(keyCount == 10_000 ? index : work.dice.below(keyCount))
                }
                let spent = try measure { try decide(state, round + 2, isExactlyOnce) }
                guard round >= 10 else { continue }
                durations.append(spent.elapsed)
                onCore += spent.onCore
            }
            state.close()
            means.append(durations.reduce(0, +) / Double(durations.count))
            report(
                "10,000 of \(keyCount) keys, \(isExactlyOnce ? "prepare and apply" : "commit"):",
                "mean \(means.last!), on core \(onCore / 50), \(distribution(durations)) ms")
        }
        report(
            "10,000 of \(keyCount) keys: exactly once to at least once \(means[1] / means[0]),",
            "more of 200 ms: \((means[1] - means[0]) / 2) %")
    }

    /// `visit`: events come as people do, 2 to 15 for each visit, a thousand visits at a time;
    /// `uniform`: each event has any key, the worst there is.
    @Test("what a large state costs", arguments: ["visit", "uniform"])
    func throughput(pattern: String) throws {
        let environment = ProcessInfo.processInfo.environment
        let largest = environment["MILLRACE_BENCH_KEYS"].flatMap { Int($0) } ?? 10_000_000
        var microseconds: [Double] = []
        for keyCount in [10_000, largest] {
            let folder = TemporaryFolder()
            let state = try SQLiteStateStorage(root: folder.path, application: "shop")
                .open(.first, stores: [.sessions])
            let loading = try measure { try restoreKeys(state, keyCount, isSorted: true) }
            if keyCount == largest { report("loaded \(keyCount) keys in \(loading)") }
            var work = StoreWork(state, keyCount: keyCount)
            var round = 1
            for limit in [10, 30] {
                // The first is to get warm.
                let clock = ContinuousClock()
                let start = clock.now
                let startOnCore = millisecondsOnCore()
                var lastCommit = start
                var (count, paused) = (0, [Double]())
                while clock.now - start < .seconds(limit / 2) {
                    for _ in 0..<256 {
                        try work.change(pattern == "visit" ? work.visitor() : work.anyone())
                    }
                    count += 256
                    guard clock.now - lastCommit > .milliseconds(200) else { continue }
                    round += 1
                    let before = clock.now
                    try decide(state, round, true)
                    lastCommit = clock.now
                    paused.append((lastCommit - before) / .milliseconds(1))
                }
                guard limit == 30 else { continue }
                let each = (clock.now - start) / .microseconds(1) / Double(count)
                let onCore = (millisecondsOnCore() - startOnCore) * 1_000 / Double(count)
                microseconds.append(onCore)
                report(
                    "\(pattern), \(keyCount) keys: \(each) µs an event, \(onCore) on core,",
                    "commits \(distribution(paused)) ms, resident \(residentMegabytes()) MB")
            }
            state.close()
        }
        let job = 5.0
        report(
            "\(pattern): beside \(job) µs of other work an event, the large state has",
            "\((job + microseconds[0]) / (job + microseconds[1])) of the throughput")
    }

    @Test("how long a state of a million keys takes to open after a kill", arguments: [2, 12])
    func opening(commits: Int) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, commits = commits as Int] in
            let state = try SQLiteStateStorage(root: path, application: "shop")
                .open(.first, stores: [.sessions])
            try restoreKeys(state, 1_000_000, isSorted: true)
            var work = StoreWork(state, keyCount: 1_000_000)
            for round in 0..<commits {
                for _ in 0..<10_000 { try work.change(work.anyone()) }
                try decide(state, round + 2, true)
            }
            kill(getpid(), SIGKILL)
        }
        var state: (any TaskState)?
        let spent = try measure {
            state = try SQLiteStateStorage(root: path, application: "shop")
                .open(.first, stores: [.sessions])
            if state?.prepared != nil { try state?.applyPrepared() }
            try state?.keyValueStore("sessions.open").put([1], [1])
        }
        state?.close()
        report("opening a million keys, \(commits) commits behind the restore: \(spent)")
    }
}

private func decide(_ state: any TaskState, _ number: Int, _ isExactlyOnce: Bool) throws {
    let checkpoint = TaskCheckpoint.number(Int64(number))
    if isExactlyOnce {
        try state.prepare(checkpoint)
        try state.applyPrepared()
    } else {
        try state.commit(checkpoint)
    }
}

private func restoreKeys(_ state: any TaskState, _ count: Int, isSorted: Bool) throws {
    var numbers = isSorted ? [] : Array(0..<count)
    var dice = Dice(seed: 3)
    numbers.shuffle(using: &dice)
    let value = Array(repeating: 7 as UInt8, count: 200)
    for index in 0..<count {
        let number = isSorted ? index : numbers[index]
        try unsafe withUnsafeBytes(of: StoreWork.key(number)) { key in
            try unsafe value.withUnsafeBytes {
                try unsafe state.restore(store: 0, key: key, value: $0)
            }
        }
    }
    try state.commitRestored(
        RestoreProgress(offsets: [0: Int64(count)], isComplete: true), checkpoint: .number(1))
}

/// Milliseconds: all of them, and those that the thread had a core. The rest it waited for the disk,
/// or for other programs.
private struct Spent: CustomStringConvertible {
    var elapsed: Double
    var onCore: Double

    var description: String { "\(elapsed) ms, \(onCore) on core" }
}

private func measure(_ body: () throws -> Void) rethrows -> Spent {
    let onCore = millisecondsOnCore()
    let elapsed = try ContinuousClock().measure(body)
    return Spent(
        elapsed: elapsed / .milliseconds(1), onCore: millisecondsOnCore() - onCore)
}

private func millisecondsOnCore() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1_000_000
}

/// Reads a value, changes it and writes it back, as sessions do.
private struct StoreWork {
    let store: any KeyValueStore
    let keyCount: Int
    var dice = Dice(seed: 3)
    private var value: [UInt8] = []
    private var visits: [(key: Int, remaining: Int)] = []

    init(_ state: any TaskState, keyCount: Int) {
        store = state.keyValueStore("sessions.open")
        self.keyCount = keyCount
        visits = Array(repeating: (0, 0), count: 1_000)
    }

    /// Keys of 24 bytes, in the order of their numbers.
    static func key(_ number: Int) -> (UInt64, UInt64, UInt64) {
        (0x7573_6572, 0, UInt64(number).bigEndian)
    }

    mutating func change(_ number: Int) throws {
        try unsafe withUnsafeBytes(of: Self.key(number)) { key in
            if try unsafe !store.get(key, into: &value) {
                value = Array(repeating: 7, count: 200)
            }
            value[0] &+= 1
            try unsafe value.withUnsafeBytes { try unsafe store.put(key, $0) }
        }
    }

    mutating func anyone() -> Int { dice.below(keyCount) }

    mutating func visitor() -> Int {
        let index = dice.below(visits.count)
        if visits[index].remaining == 0 { visits[index] = (anyone(), 2 + dice.below(14)) }
        visits[index].remaining -= 1
        return visits[index].key
    }
}

private func distribution(_ values: [Double]) -> String {
    let sorted = values.sorted()
    guard let last = sorted.last else { return "none" }
    let (median, high) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
    return "median \(median), p99 \(high), most \(last)"
}

private func residentMegabytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1_024
}

/// Prints at once, so that nothing is lost when a measurement is stopped.
private func report(_ parts: String...) {
    print(parts.joined(separator: " "))
    fflush(nil)
}
