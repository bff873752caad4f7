internal import ArgumentParser
internal import Foundation

/// Millrace's own speed: whole topologies in this process, on one core, without a broker.
@main
struct Benchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "DriverBenchmark",
        abstract: "Measures topologies in the process, without a broker.",
        discussion: """
            Ends with 1 when a job lost a record, or allocated memory for each record where it \
            should not.
            """)

    @Option(help: "How many events each round has.")
    var count = 200_000

    @Option(help: "Measurements of each job, after one that does not count.")
    var rounds = 5

    @Option(help: "Where the topologies of the jobs are.")
    var topologies = "Benchmarks/topologies"

    func validate() throws {
        if count < 10_000 { throw ValidationError("--count must be 10,000 or more") }
        if rounds < 1 { throw ValidationError("--rounds must be 1 or more") }
    }

    func run() throws {
        let input = SampleInput(count: count)
        print("\(input.count) events of \(input.meanByteCount) bytes on average, \(rounds) rounds")
        print("job           events/s   of a core   slowest   fastest   mallocs/record")
        var hasFailed = false
        for job in Job.all {
            let loaded = try LoadedJob(job, folder: topologies)
            _ = try loaded.measure(input)
            let found = try (0..<rounds).map { _ in try loaded.measure(input) }
            let summary = Summary(found)
            print(summary.line(named: job.name))
            if let limit = job.mallocsPerRecordLimit, summary.mallocsPerRecord > limit {
                printError("\(job.name): more than \(limit) allocations per record")
                hasFailed = true
            }
        }
        let rules = try Rules()
        _ = rules.measure(input)
        let found = Summary((0..<rounds).map { _ in rules.measure(input) })
        print(found.line(named: "rules"))
        if found.mallocsPerRecord > 0 {
            printError("rules: an evaluation allocates")
            hasFailed = true
        }
        if hasFailed { throw ExitCode(1) }
    }

    private func printError(_ text: String) {
        FileHandle.standardError.write(Data("driver-benchmark: \(text)\n".utf8))
    }
}

/// What several rounds of a job come to.
struct Summary {
    let median: Double
    let medianOfCore: Double
    let slowest: Double
    let fastest: Double
    let mallocsPerRecord: Double

    init(_ rounds: [Round]) {
        let rates = rounds.map(\.recordsPerSecond).sorted()
        median = rates[rates.count / 2]
        slowest = rates[0]
        fastest = rates[rates.count - 1]
        medianOfCore = rounds.map(\.recordsPerCoreSecond).sorted()[rounds.count / 2]
        mallocsPerRecord = rounds.map(\.mallocsPerRecord).max() ?? 0
    }

    func line(named name: String) -> String {
        let numbers = [(median, 9), (medianOfCore, 12), (slowest, 10), (fastest, 10)]
            .map { Self.padded("\(Int($0.0))", to: $0.1) }.joined()
        let mallocs = Self.padded(String(format: "%.4f", mallocsPerRecord), to: 17)
        return name.padding(toLength: 13, withPad: " ", startingAt: 0) + numbers + mallocs
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
