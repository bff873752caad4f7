import Foundation
import SampleEvents
import StreamKafka

/// Carries a schedule of faults out on instances of `omnichannel.yaml` while events are written.
final class ChaosRun {
    private static let memberCount = 3
    private static let catchUpLimit = Duration.seconds(180)

    let schedule: ChaosSchedule
    let broker: TestBroker
    private let settings: ChaosSettings
    private let own: OwnBroker?
    private let folder: TestFolder
    private let sourceTopics: [String]
    private var feed: SampleFeed
    let fleet: ChaosFleet
    private var brokerFreezes = 0
    private var brokerRestarts = 0
    /// What was done, and when, to be read beside the logs.
    private(set) var history: [String] = []
    private var catchUp = Duration.zero

    var expectation: SampleExpectation { feed.expectation }
    var closingCount: Int { SampleFeed.closingCount * sourceTopics.count }

    /// Creates the topics, starts the members and begins to write.
    init(_ settings: ChaosSettings, in folder: TestFolder) throws {
        self.settings = settings
        self.folder = folder
        // The small broker may be frozen and restarted, so it must be nobody else's.
        let own = TestBroker.isSmall ? try OwnBroker() : nil
        let broker =
            own.map { TestBroker("chaos", bootstrapServers: $0.bootstrapServers) }
            ?? TestBroker("chaos")
        self.own = own
        self.broker = broker
        let limits = ChaosSchedule.Limits(
            members: Self.memberCount, ownsBroker: own != nil, hasChangelog: settings.hasChangelog)
        schedule = ChaosSchedule(seed: settings.seed, duration: settings.duration, limits: limits)
        let names = Names(broker)
        sourceTopics = OmnichannelTopology.sourceTopics.map { names.source + $0 }
        try broker.create(
            sourceTopics
                + OmnichannelTopology.sinkTopics.flatMap { [names.sink + $0, names.answer + $0] }
                + [broker.name, Self.answerName(broker)].flatMap(
                    OmnichannelTopology.ownTopics(of:)))
        let members = try (0..<Self.memberCount).map {
            try Self.launch("member-\($0)", settings, broker, threads: 2, in: folder)
        }
        fleet = try ChaosFleet(
            members: members,
            guest: Self.launch(nil, settings, broker, threads: 1, in: folder),
            anchor: own == nil
                ? nil : Self.launch("anchor", settings, broker, threads: 1, in: folder),
            in: folder)
        feed = try SampleFeed(
            count: settings.eventCount, over: settings.duration, seed: settings.seed, to: broker,
            prefix: names.source, in: folder)
    }

    private struct Names {
        let source: String
        let sink: String
        let answer: String

        init(_ broker: TestBroker) {
            (source, sink, answer) = (
                broker.topic(""), broker.topic("out-"), broker.topic("answer-")
            )
        }
    }

    private static func answerName(_ broker: TestBroker) -> String { "\(broker.name)-answer" }

    /// Members share the state folder when nothing else can bring a task's state to another one.
    private static func launch(
        _ instance: String?, _ settings: ChaosSettings, _ broker: TestBroker, threads: Int,
        in folder: TestFolder
    ) throws -> ChaosFleet.Launch {
        let names = Names(broker)
        let name = instance ?? "guest"
        let topology = OmnichannelTopology(
            application: broker.name, bootstrapServers: broker.bootstrapServers,
            sourcePrefix: names.source, sinkPrefix: names.sink, guarantee: "exactly_once",
            kafka: ["session.timeout.ms: 10000"]
                + (instance.map { ["group.instance.id: \($0)"] } ?? []),
            processing: settings.hasChangelog ? ["changelog: kafka"] : [])
        let state = folder.path(settings.hasChangelog ? "state-\(name)" : "state")
        return ChaosFleet.Launch(
            arguments: ["run", try folder.write(topology.text(), to: "\(name).yaml")],
            environment: ["MILLRACE_STATE_DIRECTORY": state, "MILLRACE_THREADS": "\(threads)"],
            stateDirectory: state)
    }

    // MARK: Faults

    /// Carries out the faults, as long as there is time.
    func play() throws {
        let end = ContinuousClock.now + settings.duration
        for step in schedule.steps {
            try pass(step.pause)
            guard ContinuousClock.now < end else { break }
            history.append("\(Date.now) \(step.fault)")
            try carryOut(step.fault)
        }
    }

    private func carryOut(_ fault: ChaosSchedule.Fault) throws {
        switch fault {
        case .kill(let members, let away, let losesState):
            try fleet.kill(members, losingState: losesState)
            try pass(away)
            for member in members { try fleet.start(member) }
        case .killInCommit(let member, let step, let count):
            try fleet.kill([member])
            try fleet.start(member, fault: "\(step.rawValue):\(count)")
        case .stop(let member, let away):
            try fleet.stop(member)
            try pass(away)
            try fleet.start(member)
        case .freeze(let member, let lasting):
            fleet.freeze(member)
            try pass(lasting)
            fleet.thaw(member)
        case .join: try fleet.join()
        case .leave: try fleet.leave()
        case .freezeBroker(let lasting):
            own?.freeze()
            brokerFreezes += 1
            defer { own?.thaw() }
            try pass(lasting)
        case .restartBroker: try restartBroker()
        }
    }

    /// The small broker loses what it acknowledges while it ends, and afterwards knows nothing of
    /// transactional ids: nobody could abort what a producer of before leaves open. So members end
    /// in order before it does, and what writes the events stands still.
    private func restartBroker() throws {
        guard let own else { return }
        feed.process.freeze()
        defer { feed.process.thaw() }
        try fleet.pardon()
        try fleet.startAll()
        try fleet.rebalance()
        try waitForQuiet()
        try fleet.stopAll()
        try own.restart()
        brokerRestarts += 1
        try fleet.startAll()
    }

    /// Everything written is processed, and no rebalance is under way: a member hears of one with its
    /// next heartbeat, within three seconds, and says so in its log.
    private func waitForQuiet() throws {
        let deadline = ContinuousClock.now + Self.catchUpLimit
        var logSize = -1
        while fleet.logSize != logSize {
            logSize = fleet.logSize
            try waitForCommits(of: writtenCount())
            try pass(.seconds(4))
            guard ContinuousClock.now < deadline else {
                throw ChaosFleet.Failed(description: "no end of rebalances")
            }
        }
    }

    private func writtenCount() throws -> Int64 {
        try sourceTopics.reduce(0) { try $0 + broker.endOffset(of: $1) }
    }

    private func waitForCommits(of count: Int64) throws {
        try wait("the members have not caught up", atMost: Self.catchUpLimit) {
            try broker.committedCount(group: broker.name, topics: sourceTopics) >= count
        }
    }

    /// Lets time pass, and starts again who died as told.
    private func pass(_ duration: Duration) throws {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            try fleet.tend()
            MillraceProcess.waitBriefly()
        }
    }

    // MARK: The end

    /// Lets the members finish what there is, without faults, and ends them.
    func finish() throws {
        try fleet.pardon()
        try fleet.startAll()
        try fleet.rebalance()
        try wait("the events are not written", atMost: settings.duration) {
            !feed.process.isRunning
        }
        guard feed.process.waitForEnd() == 0 else {
            throw ChaosFleet.Failed(description: "generate: \(feed.process.lastError)")
        }
        for (number, topic) in sourceTopics.enumerated() {
            try broker.write(feed.closingRecords(topic: number), to: topic)
        }
        let start = ContinuousClock.now
        try waitForCommits(of: writtenCount())
        catchUp = ContinuousClock.now - start
        try fleet.stopAll()
    }

    private func wait(
        _ complaint: String, atMost limit: Duration, until isThere: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + limit
        while try !isThere() {
            guard ContinuousClock.now < deadline else {
                throw ChaosFleet.Failed(description: "\(complaint) within \(limit)")
            }
            try pass(.milliseconds(50))
        }
    }

    /// Runs the same topology on the same events, undisturbed.
    func answer() throws {
        let names = Names(broker)
        let topology = OmnichannelTopology(
            application: Self.answerName(broker), bootstrapServers: broker.bootstrapServers,
            sourcePrefix: names.source, sinkPrefix: names.answer, guarantee: "at_least_once")
        let process = try MillraceProcess(
            ["run", try folder.write(topology.text(), to: "answer.yaml"), "--until-caught-up"],
            environment: ["MILLRACE_STATE_DIRECTORY": folder.path("state-answer")], in: folder)
        guard process.waitForEnd(atMost: Self.catchUpLimit) == 0 else {
            throw ChaosFleet.Failed(description: "the undisturbed run: \(process.logTail())")
        }
    }

    /// What the members wrote to a sink of the topology, and what an undisturbed run wrote.
    func sinks(_ topic: String) -> (found: String, answer: String) {
        let names = Names(broker)
        return (names.sink + topic, names.answer + topic)
    }

    /// What was done, and what the processes said last.
    var account: String {
        "seed \(settings.seed)\n\(history.joined(separator: "\n"))\n\(fleet.logs)"
    }

    /// What happened, in figures.
    func report(abortedRecords: Int) -> String {
        let counts = fleet.counts
        return """
            chaos, seed \(settings.seed), \(settings.duration): \(expectation.recordCount) events, \
            \(history.count) of \(schedule.steps.count) faults
              kills: \(counts.kills), and \(counts.killsInCommits) at a step of a commit; states \
            lost: \(counts.lostStates)
              stops: \(counts.stops), freezes: \(counts.freezes), joins: \(counts.joins), \
            leaves: \(counts.leaves)
              broker freezes: \(brokerFreezes), restarts: \(brokerRestarts)
              assignments: \(fleet.countInLogs("] assigned")), revocations: \
            \(fleet.countInLogs("] revoked")), losses: \(fleet.countInLogs("] lost"))
              transactions that members aborted: \(fleet.countInLogs("] aborted a transaction")); \
            records of aborted transactions, killed members' too: \(abortedRecords)
              caught up \(catchUp) after the last event
            """
    }
}
