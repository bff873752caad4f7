import Foundation
import Testing

/// A process sleeps while others take its work over, and wakes up.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"))
struct ZombieTests {
    @Test("a process that sleeps is fenced by the next one of its name; nothing of it is seen")
    func sameName() throws {
        let rig = try Rig("zombie-name", kafka: ["group.instance.id: one"])
        let sleeper = try rig.start()
        #expect(sleeper.waitForLog("opened task"), "\(sleeper.logTail())")
        try rig.freezeInTransaction(sleeper)

        let next = try rig.start()
        try rig.waitForCommits(by: next)
        try rig.write(1000)
        try rig.waitForCommits(by: next)
        sleeper.thaw()
        // The name is somebody else's by now, for the group and for the transactions.
        let status = sleeper.waitForEnd(atMost: .seconds(40))
        #expect(status != 0, "\(sleeper.logTail())")
        try rig.write(1000)
        try rig.waitForCommits(by: next)
        next.send(SIGTERM)
        #expect(next.waitForEnd() == 0, "\(next.logTail())")
        try rig.expectEachRecordOnce()
    }

    @Test("a process that sleeps past its session is expelled; nothing that it did is seen")
    func expelled() throws {
        let rig = try Rig("zombie")
        guard try rig.broker.refusesStaleGenerations() else {
            // On such a broker nothing keeps a member of an old generation from committing.
            print("zombie without a name: skipped, this broker takes offsets of old generations")
            return
        }
        let sleeper = try rig.start()
        #expect(sleeper.waitForLog("opened task"), "\(sleeper.logTail())")
        let next = try rig.start()
        #expect(next.waitForLog("opened task", atMost: .seconds(60)), "\(next.logTail())")
        try rig.freezeInTransaction(sleeper)

        // The session takes 6 s, and the group a while to notice.
        let hasTakenOver = next.waitForLog(atMost: .seconds(40)) {
            MembershipTests.openTasks(in: $0).count == 4
        }
        #expect(hasTakenOver, "\(next.logTail())")
        try rig.write(1000)
        try rig.waitForCommits(by: next)
        sleeper.thaw()
        try rig.write(1000)
        try rig.waitForCommits(by: next)
        for process in [sleeper, next] {
            process.send(SIGTERM)
            #expect(process.waitForEnd() == 0, "\(process.logTail())")
        }
        try rig.expectEachRecordOnce()
    }

    /// A topology without state, so that another process can take a task over while the first one
    /// sleeps on the same machine, where it would hold the lock of a state file.
    private final class Rig {
        let broker: TestBroker
        private let folder: TestFolder
        private let topology: String
        private var writtenCount = 0
        private var source: String { broker.topic("in") }
        private var sink: String { broker.topic("out") }

        init(_ test: String, kafka: [String] = []) throws {
            broker = TestBroker(test)
            folder = try TestFolder()
            try broker.create([broker.topic("in"), broker.topic("out")])
            let lines = (kafka + ["session.timeout.ms: 6000"]).map { "  \($0)\n" }.joined()
            topology = try folder.write(
                """
                application: \(broker.name)
                kafka:
                  bootstrap.servers: \(broker.bootstrapServers)
                \(lines)processing: { guarantee: exactly_once, commit_interval: 3s, threads: 1 }
                sources:
                  raw: { topic: \(broker.topic("in")) }
                operators:
                  parsed: { from: raw, parse: { format: json } }
                sinks:
                  \(broker.topic("out")): { from: [parsed, parsed.failed] }
                """, to: "topology.yaml")
        }

        func start() throws -> MillraceProcess {
            try MillraceProcess(["run", topology], in: folder)
        }

        func write(_ count: Int) throws {
            let numbers = writtenCount..<writtenCount + count
            try broker.write(
                numbers.map {
                    TestBroker.Record(key: "k-\($0 % 100)", value: Array(#"{"n":\#($0)}"#.utf8))
                }, to: source)
            writtenCount += count
        }

        private func committedCount() throws -> Int64 {
            try broker.committedCount(group: broker.name, topic: source)
        }

        func waitForCommits(by process: MillraceProcess) throws {
            try process.waitForCommit(
                beyond: Int64(writtenCount) - 1, of: source, on: broker)
        }

        /// Stops a process that has written and not committed.
        func freezeInTransaction(_ process: MillraceProcess) throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                let (offsets, end) = (try committedCount(), try writtenEnd())
                try write(1000)
                while try writtenEnd() < end + 1000 { try #require(process.isRunning) }
                process.freeze()
                // Else it has sent the offsets, and the transaction may be over.
                if try committedCount() == offsets { return }
                process.thaw()
                try #require(ContinuousClock.now < deadline, "\(process.logTail())")
            }
        }

        /// The end of the sink for those who see what is not committed.
        private func writtenEnd() throws -> Int64 {
            try broker.readingUncommitted.endOffset(of: sink)
        }

        func expectEachRecordOnce() throws {
            var numbers: [Int] = []
            var last: [String: Int] = [:]
            for seen in try broker.readToEnd(of: sink) {
                let number = try #require(seen.value.flatMap { Int($0.filter(\.isNumber)) })
                let key = try #require(seen.key)
                #expect(last[key, default: -1] < number, "\(key): out of order")
                last[key] = number
                numbers.append(number)
            }
            #expect(numbers.sorted() == Array(0..<writtenCount))
        }
    }
}
