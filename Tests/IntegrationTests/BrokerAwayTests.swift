import Foundation
import Testing

/// Brokers that are not there, go away, or do not answer any more.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct BrokerAwayTests {
    /// How a broker is away.
    enum Absence: CaseIterable {
        /// Nobody listens on its port.
        case killed
        /// It is connected and answers nothing.
        case frozen
    }

    private static let limit = Duration.seconds(3)
    /// A little more than the limit, whatever the machine is doing besides.
    private static let patience = Duration.seconds(25)

    @Test("without a broker at the start it says so after the limit, and ends with status 1")
    func awayAtTheStart() throws {
        let own = try OwnBroker()
        let broker = TestBroker("nobody", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        own.kill()
        let begin = ContinuousClock.now
        let process = try MillraceProcess(["run", topology(on: broker, in: folder)], in: folder)
        #expect(process.waitForEnd(atMost: Self.patience) == 1)
        #expect(ContinuousClock.now - begin >= Self.limit)
        expectReason(process)
        #expect(process.lastError.contains("Connection refused"))
        #expect(process.lastError.contains("bootstrap.servers"))
    }

    @Test("a broker that is connected but silent at the start ends it after the limit as well")
    func silentAtTheStart() throws {
        let own = try OwnBroker()
        let broker = TestBroker("silent", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        own.freeze()
        let begin = ContinuousClock.now
        let process = try MillraceProcess(["run", topology(on: broker, in: folder)], in: folder)
        #expect(process.waitForEnd(atMost: Self.patience) == 1)
        #expect(ContinuousClock.now - begin >= Self.limit)
        expectReason(process)
    }

    @Test(
        "when brokers stay away while events flow it ends with the reason; a restart loses nothing",
        arguments: Absence.allCases)
    func awayWhileBusy(absence: Absence) throws {
        let own = try OwnBroker()
        let broker = TestBroker("away", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let workload = SessionWorkload(eventCount: 40_000)
        let half = workload.records.count / 2
        try broker.write(Array(workload.records[..<half]), to: broker.topic("in"))
        let topology = try topology(on: broker, in: folder)
        let process = try MillraceProcess(["run", topology], in: folder)
        try process.waitForCommit(beyond: 1000, of: broker.topic("in"), on: broker)

        switch absence {
        case .killed: own.kill()
        case .frozen: own.freeze()
        }
        #expect(process.waitForEnd(atMost: Self.patience) == 1, "\(process.errors.suffix(3000))")
        expectReason(process)

        // The small broker loses records of its own when it is killed.
        guard absence == .frozen else { return }
        own.thaw()
        try broker.write(
            workload.records[half...] + workload.closingRecords, to: broker.topic("in"))
        let next = try MillraceProcess(["run", topology], in: folder)
        let outcome = try SessionOutcome(of: workload, on: broker, sink: broker.topic("sessions"))
        next.send(SIGTERM)
        #expect(next.waitForEnd() == 0, "\(next.errors.suffix(3000))")
        outcome.check(against: workload)
    }

    @Test(
        "an idle application notices as well that brokers stay away", arguments: Absence.allCases)
    func awayWhileIdle(absence: Absence) throws {
        let own = try OwnBroker()
        let broker = TestBroker("idle", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let process = try MillraceProcess(["run", topology(on: broker, in: folder)], in: folder)
        #expect(process.waitForLog("opened task"), "\(process.errors)")
        switch absence {
        case .killed: own.kill()
        case .frozen: own.freeze()
        }
        #expect(process.waitForEnd(atMost: Self.patience) == 1, "\(process.errors.suffix(3000))")
        expectReason(process)
    }

    @Test("a broker that answers again within the limit is waited for, and no session is lost")
    func backInTime() throws {
        let own = try OwnBroker()
        let broker = TestBroker("back", bootstrapServers: own.bootstrapServers)
        let folder = try TestFolder()
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let workload = SessionWorkload(eventCount: 40_000)
        let half = workload.records.count / 2
        try broker.write(Array(workload.records[..<half]), to: broker.topic("in"))
        let process = try MillraceProcess(
            ["run", topology(on: broker, in: folder, limit: "60s")], in: folder)
        try process.waitForCommit(beyond: 1000, of: broker.topic("in"), on: broker)

        own.freeze()
        // For a while it goes on without answers.
        #expect(process.waitForEnd(atMost: .seconds(3)) == nil, "\(process.errors)")
        own.thaw()
        try broker.write(
            workload.records[half...] + workload.closingRecords, to: broker.topic("in"))
        let outcome = try SessionOutcome(of: workload, on: broker, sink: broker.topic("sessions"))
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(3000))")
        outcome.check(against: workload)
    }

    // MARK: Helpers of these tests

    private func topology(
        on broker: TestBroker, in folder: TestFolder, limit: String = "3s"
    ) throws -> String {
        // A static member, so that a restart need not wait for the one that was cut off.
        try folder.write(
            SessionWorkload.topology(
                on: broker, source: broker.topic("in"), sink: broker.topic("sessions"),
                deadLetter: broker.topic("dead"), state: folder.path("state"), threads: 1,
                kafka: ["group.instance.id: one"], processing: ["broker_timeout: \(limit)"]),
            to: "topology.yaml")
    }

    private func expectReason(_ process: MillraceProcess) {
        #expect(
            process.lastError.hasPrefix(
                "millrace: no broker answered for 3s (processing.broker_timeout): "),
            "\(process.errors.suffix(3000))")
    }
}
