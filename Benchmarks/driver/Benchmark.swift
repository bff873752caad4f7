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

    @Option(
        parsing: .upToNextOption, help: "Only these jobs.",
        completion: .list(names))
    var jobs: [String] = []

    @Option(help: "Where the topologies of the jobs are.")
    var topologies = "Benchmarks/topologies"

    @Option(help: "The schema that is measured alone.")
    var schema = "Topologies/schemas/customer-event.schema.json"

    func validate() throws {
        if count < 10_000 { throw ValidationError("--count must be 10,000 or more") }
        if rounds < 1 { throw ValidationError("--rounds must be 1 or more") }
        for name in jobs where !Self.names.contains(name) {
            throw ValidationError(
                "there is no job '\(name)'; there are \(Self.names.joined(separator: ", "))")
        }
    }

    func run() throws {
        let input = SampleInput(count: count, topic: LoadedJob.topic)
        print("\(input.count) events of \(input.meanByteCount) bytes on average, \(rounds) rounds")
        print("job           events/s   of a core   slowest   fastest   mallocs/record")
        var hasFailed = false
        if isWanted(SchemaJob.name) {
            let alone = try SchemaJob(input, schema: schema)
            hasFailed = try measure(SchemaJob.name, limit: 0, alone.measure) || hasFailed
        }
        for job in Job.all where isWanted(job.name) {
            let loaded = try LoadedJob(job, folder: topologies)
            hasFailed =
                try measure(job.name, limit: job.mallocsPerRecordLimit) {
                    try loaded.measure(input)
                } || hasFailed
        }
        if isWanted(Rules.name) {
            let rules = try Rules()
            hasFailed = try measure(Rules.name, limit: 0) { rules.measure(input) } || hasFailed
        }
        if hasFailed { throw ExitCode(1) }
    }

    private static let names = [SchemaJob.name] + Job.all.map(\.name) + [Rules.name]

    private func isWanted(_ name: String) -> Bool { jobs.isEmpty || jobs.contains(name) }

    /// Prints what the rounds come to; returns whether they allocated more than `limit` allows.
    private func measure(
        _ name: String, limit: Double?, _ round: () throws -> Round
    ) throws -> Bool {
        _ = try round()
        let found = try (0..<rounds).map { _ in try round() }
        return Summary(found).print(name, mallocsPerRecordLimit: limit)
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

    /// Prints a line of the table; returns whether more memory was allocated than may be.
    func print(_ name: String, mallocsPerRecordLimit limit: Double?) -> Bool {
        Swift.print(line(of: name))
        guard let limit, mallocsPerRecord > limit else { return false }
        let text = "driver-benchmark: \(name): more than \(limit) allocations per record\n"
        FileHandle.standardError.write(Data(text.utf8))
        return true
    }

    private func line(of name: String) -> String {
        let numbers = [(median, 9), (medianOfCore, 12), (slowest, 10), (fastest, 10)]
            .map { Self.padded("\(Int($0.0))", to: $0.1) }.joined()
        let mallocs = Self.padded(String(format: "%.4f", mallocsPerRecord), to: 17)
        return name.padding(toLength: 13, withPad: " ", startingAt: 0) + numbers + mallocs
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
