import Foundation
import Testing

@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct CrashTests {
    @Test("ten kills amid 200,000 events lose no session and count none twice")
    func killsLoseNothing() throws {
        let broker = TestBroker("crash")
        let folder = try TestFolder()
        let (source, sink, dead) = (
            broker.topic("in"), broker.topic("sessions"), broker.topic("dead")
        )
        try broker.create([source, sink, dead])
        let workload = SessionWorkload(eventCount: 200_000)
        let topology = try folder.write(
            SessionWorkload.topology(
                on: broker, source: source, sink: sink, deadLetter: dead,
                state: folder.path("state"), kafka: ["group.instance.id: one"]),
            to: "topology.yaml")

        let share = workload.records.count / 10
        for kill in 0..<10 {
            try broker.write(
                Array(workload.records[kill * share..<(kill + 1) * share]), to: source)
            let process = try MillraceProcess(["run", topology], in: folder)
            // Somewhere in this share, as far as commits tell.
            let mark = Int64(kill * share) + Int64.random(in: 0..<Int64(share))
            try process.waitForCommit(beyond: mark, of: source, on: broker)
            process.crash()
        }

        try broker.write(workload.closingRecords, to: source)
        let process = try MillraceProcess(["run", topology], in: folder)
        let outcome = try SessionOutcome(of: workload, on: broker, sink: sink)
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")
        outcome.check(against: workload)
        let seen = try broker.read([dead], atMost: .seconds(2)) { _ in false }
        #expect(seen[dead, default: []].isEmpty)
    }
}
