import Events
import Foundation
import Logging
import StreamCore
import StreamEngine
import StreamTesting

/// Stream threads under `exactly_once` whose rounds the test calls, on one clock that it turns.
///
/// `clicks` come in as in ``EngineRig``; closed sessions go to `sessions`.
final class ThreadRig {
    let clock = ManualClock(Timestamp(milliseconds: 1_709_600_000_000))
    let cluster: FakeCluster
    let storage = InMemoryStateStorage()
    private var plan: TopologyPlan
    private let changelog: EngineSettings.Changelog
    private let guarantee: EngineSettings.Guarantee

    init(
        guarantee: EngineSettings.Guarantee = .exactlyOnce,
        changelog: EngineSettings.Changelog = .none, topics: [String] = ["clicks"]
    ) throws {
        self.guarantee = guarantee
        self.changelog = changelog
        cluster = FakeCluster(
            clock: clock, sessionTimeout: .seconds(10), transactionTimeout: .seconds(4))
        try cluster.createTopics(
            (topics + ["sessions", "dead"]).map { TopicSpec(name: $0, partitions: 1) })
        plan = try EngineRig().plan(topics: topics)
    }

    /// The topology is edited: from here on sessions are kept by another field.
    func keepSessions(by field: String) throws {
        plan = try EngineRig().plan(key: field, sessionKey: field)
    }

    /// What a process would do that had not been started.
    func application(
        _ storage: any StateStorage, confirmsStateChanges: Bool = false
    ) -> Application {
        Application(
            plan: plan,
            settings: EngineSettings(
                guarantee: guarantee, changelog: changelog,
                confirmsStateChanges: confirmsStateChanges),
            cluster: cluster, storage: storage, wallClock: { [clock] in clock.now })
    }

    /// A process with one thread, which has joined the group and taken over what it got.
    func start(
        _ name: String, storage: (any StateStorage)? = nil, allowsStateLoss: Bool = false,
        confirmsStateChanges: Bool = false, rounds: Int = 3
    ) throws -> ThreadProcess {
        let process = FakeProcess(name, of: cluster)
        let clock = self.clock
        let origin = ContinuousClock.now
        let begin = clock.now
        var application = Application(
            plan: plan,
            settings: EngineSettings(
                guarantee: guarantee, changelog: changelog, standbyReplicas: 1,
                commitInterval: .seconds(3600),
                brokerTimeout: .seconds(60), revocationLimit: .seconds(1),
                instance: name,
                allowsStateLoss: allowsStateLoss, confirmsStateChanges: confirmsStateChanges),
            cluster: process, storage: storage ?? self.storage, wallClock: { clock.now },
            clock: EngineClock(
                now: { origin + .milliseconds(clock.now.milliseconds(since: begin)) },
                pause: { clock.advance(by: $0) }))
        let log = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
        try application.setUpState(log)
        try application.setUpTopics()
        let thread = try StreamThread(
            index: 0, application: application, control: ThreadControl(bell: Bell()), log: log)
        try thread.start()
        for _ in 0..<rounds { try thread.round() }
        return ThreadProcess(
            process: process, thread: thread,
            standby: try StandbyThread(application, log: log))
    }

    /// A click of `user`, `minute` minutes after the epoch of these tests.
    func click(_ user: String, of friend: String = "", minute: Int64) {
        let at = 1_709_500_000_000 + minute * 60_000
        let value = #"{"user":"\#(user)","friend":"\#(friend)","at":\#(at)}"#
        cluster.append(
            FakeCluster.Record(key: Array(user.utf8), value: Array(value.utf8), timestamp: at),
            to: "clicks", partition: 0)
    }

    /// `user count` of every closed session, as a reader of committed records finds them.
    var sessions: [String] { Self.sessions(cluster.records(of: "sessions")) }

    /// The same, whatever became of the transaction.
    var writtenSessions: [String] { Self.sessions(cluster.writtenRecords(of: "sessions")) }

    private static func sessions(_ records: [[FakeCluster.Record]]) -> [String] {
        records.joined().map { record in
            let object = try? JSONSerialization.jsonObject(with: Data(record.value ?? []))
            let fields = object as? [String: Any] ?? [:]
            return "\(fields["key"] ?? "?") \(fields["event_count"] ?? "?")"
        }
    }

    /// What the group has committed.
    struct Committed: Equatable {
        let offset: Int64
        let sequence: Int64

        init(_ offset: Int64, number sequence: Int64) {
            self.offset = offset
            self.sequence = sequence
        }
    }

    var committed: Committed? {
        let source = TopicPartition(topic: "clicks", partition: 0)
        guard let offset = cluster.committedOffsets(group: "shop")[source] else { return nil }
        return Committed(offset.offset, number: CommitMetadata(offset.metadata)?.sequence ?? -1)
    }
}

/// A process of a ``ThreadRig``.
struct ThreadProcess {
    let process: FakeProcess
    let thread: StreamThread
    /// Keeps copies of states; `nil` without changelogs.
    let standby: StandbyThread?

    func round() throws { try thread.round() }
    func commit() throws { try thread.commit() }

    /// As kill -9 would.
    func crash() { process.crash() }

    /// As after SIGTERM.
    func stop() throws {
        try thread.commit()
        thread.close()
    }
}
