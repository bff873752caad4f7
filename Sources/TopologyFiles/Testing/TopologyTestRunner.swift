internal import Events
public import StreamCore

/// Runs the `tests:` of a topology file on the driver, without a broker.
///
///     let runner = try TopologyTestRunner(file)
///     for test in file.tests { print(runner.run(test)) }
public struct TopologyTestRunner: Sendable {
    /// The time of a first record that says nothing about its time.
    static let firstArrival = Timestamp(milliseconds: 1_704_067_200_000)

    private let file: TopologyFile
    private let plan: TopologyPlan

    /// A runner for the tests of `file`.
    ///
    /// - Throws: `Diagnostics` when the graph is wrong; never for a file that the loader read.
    public init(_ file: TopologyFile) throws(Diagnostics) {
        self.file = file
        plan = try TopologyPlan(file.topology)
    }

    /// Runs one test, on tasks and state of its own.
    public func run(_ test: TopologyTest) -> TopologyTestResult {
        var failures: [TopologyTestFailure]
        do {
            let records = try outputs(of: test)
            failures = test.expectations.flatMap { expectation in
                ExpectationCheck(expectation, among: records).failures()
            }
        } catch {
            failures = [error]
        }
        failures = failures.map { failure in
            TopologyTestFailure(
                file.substitutions.redact(failure.message), at: failure.location,
                details: failure.details.map(file.substitutions.redact))
        }
        return TopologyTestResult(name: test.name, location: test.location, failures: failures)
    }

    private func outputs(of test: TopologyTest) throws(TopologyTestFailure) -> [OutputRecord] {
        var arrival = Self.firstArrival
        var place = test.location
        do {
            let driver = try TopologyDriver(plan: plan)
            defer { driver.close() }
            for step in test.steps {
                switch step {
                case .record(let record):
                    place = record.location
                    arrival = time(of: record, after: arrival)
                    try driver.pipe(
                        topic: record.topic, key: record.key.map { Array($0.utf8) },
                        value: record.bytes ?? record.value.map { Array($0.utf8) },
                        headers: record.headers.map { ($0.name, $0.value) }, timestamp: arrival)
                case .advance(let duration): try driver.advanceStreamTime(by: duration)
                case .end: try driver.finish()
                }
            }
            return driver.takeOutputs().map(OutputRecord.init)
        } catch {
            throw TopologyTestFailure("the topology stopped: \(error)", at: place)
        }
    }

    private func time(of record: TopologyTest.Record, after last: Timestamp) -> Timestamp {
        switch record.arrival {
        case .at(let time): time
        case .after(let duration): last.adding(milliseconds: duration.wholeMilliseconds)
        case .unstated: eventTime(of: record) ?? last
        }
    }

    /// When the event happened, as its source reads it from the value.
    private func eventTime(of record: TopologyTest.Record) -> Timestamp? {
        let source = file.topology.sources.first { $0.topics.contains(record.topic) }
        guard let path = source?.timestamp, let text = record.value,
            var value = OutputValue(json: text)
        else { return nil }
        for component in path.components {
            switch (component, value) {
            case (.name(let name), .object):
                guard let member = value[name] else { return nil }
                value = member
            case (.index(let index), .array(let elements)) where index < elements.count:
                value = elements[index]
            default: return nil
            }
        }
        switch value {
        case .string(let text): return Timestamp(iso8601: text)
        case .number(let text): return Int64(text).map(Timestamp.init(milliseconds:))
        default: return nil
        }
    }
}
