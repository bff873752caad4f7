internal import CMallocCount
internal import Events
internal import Foundation
internal import Glibc
internal import Operators
internal import StreamCore
internal import StreamState
internal import TopologyFiles

/// A topology to measure.
struct Job {
    let name: String
    let file: String
    /// How many allocations per record a steady state may make; `nil` where it is only told.
    let mallocsPerRecordLimit: Double?

    static let all = [
        // What is left is for each batch, not for each record: 0.01 is five for each 512.
        Job(name: "validate", file: "validate.yaml", mallocsPerRecordLimit: 0.01),
        Job(name: "parse", file: "parse.yaml", mallocsPerRecordLimit: nil),
        Job(name: "filter", file: "filter.yaml", mallocsPerRecordLimit: nil),
        Job(name: "map", file: "map.yaml", mallocsPerRecordLimit: nil),
        Job(name: "sessionize", file: "sessionize.yaml", mallocsPerRecordLimit: nil),
        Job(name: "deduplicate", file: "deduplicate.yaml", mallocsPerRecordLimit: nil),
        Job(name: "aggregate", file: "aggregate.yaml", mallocsPerRecordLimit: nil),
        Job(name: "sketches", file: "sketches.yaml", mallocsPerRecordLimit: nil),
        Job(name: "trigger", file: "trigger.yaml", mallocsPerRecordLimit: nil),
        Job(name: "protect", file: "protect.yaml", mallocsPerRecordLimit: nil),
        Job(name: "link", file: "link.yaml", mallocsPerRecordLimit: nil),
        Job(name: "link-global", file: "link-global.yaml", mallocsPerRecordLimit: nil),
        Job(name: "sentiment", file: "sentiment.yaml", mallocsPerRecordLimit: nil),
        Job(name: "enrich", file: "enrich.yaml", mallocsPerRecordLimit: nil),
        Job(name: "join", file: "join.yaml", mallocsPerRecordLimit: nil),
        Job(name: "stream-join", file: "stream-join.yaml", mallocsPerRecordLimit: nil),
        Job(name: "score", file: "score.yaml", mallocsPerRecordLimit: nil),
        Job(
            name: "omnichannel", file: "../../Topologies/omnichannel.yaml",
            mallocsPerRecordLimit: nil),
    ]
}

/// One measurement.
struct Round {
    var records = 0
    var elapsed = Duration.zero
    /// The time that the thread had a core.
    var onCore = Duration.zero
    /// In the second half, when every buffer has its size.
    var steadyRecords = 0
    var steadyMallocs: UInt64 = 0

    var recordsPerSecond: Double { Double(records) / (elapsed / .seconds(1)) }
    var recordsPerCoreSecond: Double { Double(records) / (onCore / .seconds(1)) }
    var mallocsPerRecord: Double { Double(steadyMallocs) / Double(max(1, steadyRecords)) }
}

/// A job whose topology is read and checked.
struct LoadedJob {
    static let topic = "bench-input"
    /// Where a job reads a row of each customer before the first event, if it does.
    private static let tableTopic = "bench-table"
    /// State is committed so often, as 200 ms of commit interval come to.
    private static let recordsPerCommit = 51_200

    let job: Job
    private let plan: TopologyPlan
    /// What the topology says, for each task.
    private let cacheSize: Int

    init(_ job: Job, folder: String) throws {
        self.job = job
        // The topologies are those of the benchmark with a broker; nothing of it is used here.
        let environment = ["BENCH_APPLICATION": "bench", "MILLRACE_TEST_BOOTSTRAP": "embedded"]
        let loader = TopologyLoader(operators: .standard, environment: environment)
        let file = try loader.load("\(folder)/\(job.file)")
        plan = try TopologyPlan(file.topology)
        cacheSize = file.processing.cacheSize
    }

    /// Runs all of `input` through a new driver with new state.
    func measure(_ input: SampleInput) throws -> Round {
        let state = FileManager.default.temporaryDirectory
            .appending(path: "millrace-bench-\(UInt64.random(in: 0...UInt64.max))")
        defer { try? FileManager.default.removeItem(at: state) }
        let driver = try TopologyDriver(
            plan: plan,
            storage: SQLiteStateStorage(
                root: state.path, application: "bench", cacheByteLimit: cacheSize))
        defer { driver.close() }
        if plan.topics.contains(Self.tableTopic) { try fill(driver, input) }

        var round = Round()
        var written = 0
        var uncommitted = 0
        var mallocsAtHalf: UInt64 = 0
        let start = ContinuousClock.now
        let startOnCore = Self.timeOnCore()
        let batches = plan.topics.contains(Self.topic) ? input.batches : input.channelBatches
        for (index, batch) in batches.enumerated() {
            if index == batches.count / 2 {
                mallocsAtHalf = malloc_count_this_thread()
                round.steadyRecords = input.count - round.records
            }
            let records = batch.records
            try driver.pipe(topic: batch.topic) { target, first in
                unsafe target.borrow(bytes: records.bytes)
                for number in 0..<records.count { target.append(records.slots[number]) }
            }
            round.records += records.count
            written += driver.output.count
            driver.output.removeAll()
            uncommitted += records.count
            if uncommitted >= Self.recordsPerCommit {
                try driver.commit()
                uncommitted = 0
            }
        }
        round.steadyMallocs = malloc_count_this_thread() - mallocsAtHalf
        round.onCore = Self.timeOnCore() - startOnCore
        round.elapsed = ContinuousClock.now - start
        guard written >= input.count else {
            throw LostRecords(job: job.name, read: input.count, written: written)
        }
        return round
    }

    private func fill(_ driver: TopologyDriver, _ input: SampleInput) throws {
        for (number, key) in input.keys.enumerated() {
            let row = #"{"segment":"s\#(number % 5)","country":"DE","since":"2024-01-01"}"#
            try driver.pipe(topic: Self.tableTopic, key: key, value: row)
        }
        try driver.commit()
        driver.output.removeAll()
    }

    /// The time that this thread had a core.
    static func timeOnCore() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

struct LostRecords: Error, CustomStringConvertible {
    let job: String
    let read: Int
    let written: Int

    var description: String { "\(job) read \(read) records and wrote \(written)" }
}
