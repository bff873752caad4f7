import Foundation
import Testing

/// What is left of the state after a crash, and how soon the work goes on.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct RestoreTests {
    /// For a machine of unknown speed, which is doing other things besides; what we promise is 2 s.
    private static let restartLimit = Duration.seconds(15)

    @Test("with 1,000,000 keys in state it goes on soon after kill -9, from the last commit")
    func stateIsReused() throws {
        let own = TestBroker.isSmall ? try OwnBroker() : nil
        let broker =
            own.map { TestBroker("restore", bootstrapServers: $0.bootstrapServers) }
            ?? TestBroker("restore")
        let folder = try TestFolder()
        let source = broker.topic("in")
        try broker.create(["in", "sessions", "dead"].map(broker.topic))
        let topology = try folder.write(
            SessionWorkload.topology(
                on: broker, source: source, sink: broker.topic("sessions"),
                deadLetter: broker.topic("dead"), state: folder.path("state"),
                kafka: ["group.instance.id: one"], processing: ["guarantee: exactly_once"]
            ).replacing("commit_interval: 50ms", with: "commit_interval: 200ms"),
            to: "topology.yaml")

        // No session ends: all events are of one minute.
        let keyCount = 1_000_000
        for first in stride(from: 0, to: keyCount, by: 50_000) {
            try broker.write(records(of: first..<first + 50_000), to: source)
        }
        var written = Int64(keyCount)
        let builder = try MillraceProcess(["run", topology], in: folder)
        try builder.waitForCommit(beyond: written - 1, of: source, on: broker)
        builder.send(SIGTERM)
        #expect(builder.waitForEnd() == 0, "\(builder.logTail())")

        // Dies in the middle of a commit; never more than a share is on its way.
        let share = 500
        let doomed = try MillraceProcess(
            ["run", topology], environment: ["MILLRACE_FAULT": "prepared:4"], in: folder)
        while doomed.isRunning {
            let first = Int(written) % keyCount
            try broker.write(records(of: first..<first + share), to: source)
            written += Int64(share)
            while doomed.isRunning,
                try broker.committedCount(group: broker.name, topic: source) < written
            {}
        }
        #expect(doomed.wasKilled, "\(doomed.logTail())")
        let committed = try broker.committedCount(group: broker.name, topic: source)

        try broker.write(records(of: 0..<share), to: source)
        written += Int64(share)
        let start = ContinuousClock.now
        let next = try MillraceProcess(["run", topology, "--report", "json"], in: folder)
        try next.waitForCommit(beyond: committed, of: source, on: broker)
        let pause = ContinuousClock.now - start
        try next.waitForCommit(beyond: written - 1, of: source, on: broker)
        next.send(SIGTERM)
        #expect(next.waitForEnd() == 0, "\(next.logTail())")

        print("restart with \(keyCount) keys in state: first commit \(pause) after the start")
        #expect(pause < Self.restartLimit)
        // What was on its way when it died, what came since, and nothing before.
        #expect(written - committed <= Int64(2 * share))
        #expect(try next.reportedRecordCount() == Int(written - committed))
    }

    private func records(of users: Range<Int>) -> [TestBroker.Record] {
        let begin = 1_709_539_200_000
        return users.map { user in
            let time = begin + user % 60_000
            return TestBroker.Record(
                key: "user-\(user)",
                value: Array(#"{"user_id":"user-\#(user)","at":\#(time)}"#.utf8),
                timestamp: Int64(time))
        }
    }
}
