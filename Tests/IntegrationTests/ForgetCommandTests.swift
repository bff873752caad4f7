import Foundation
import Testing

@Suite("`millrace forget`", .enabled(if: TestBroker.isThere, "no broker"))
struct ForgetCommandTests {
    @Test(
        "every task of a running application answers, one with what it deleted",
        arguments: ["at_least_once", "exactly_once"])
    func forgets(guarantee: String) throws {
        let broker = TestBroker("forget")
        let folder = try TestFolder()
        let (source, sink, dead) = (
            broker.topic("in"), broker.topic("sessions"), broker.topic("dead")
        )
        try broker.create([source, sink, dead])
        let topology = try folder.write(
            SessionWorkload.topology(
                on: broker, source: source, sink: sink, deadLetter: dead,
                state: folder.path("state"),
                processing: ["guarantee: \(guarantee)", "control: kafka"]),
            to: "topology.yaml")
        let workload = SessionWorkload(eventCount: 200, users: 20)
        try broker.write(workload.records, to: source)
        let process = try MillraceProcess(["run", topology], in: folder)
        try #require(process.waitForLog("] opened task"), "\(process.logTail())")
        let group = broker.name
        let deadline = ContinuousClock.now + .seconds(60)
        while try broker.committedCount(group: group, topic: source) < 200 {
            try #require(ContinuousClock.now < deadline, "\(process.logTail())")
            MillraceProcess.waitBriefly()
        }
        // The key of a session is that of its records; all of them were open at the end of their events.
        let first = try forget("user-0", of: topology, in: folder)
        #expect(first.filter { $0.hasSuffix(": sessions 1") }.count == 1, "\(first)")
        #expect(first.filter { $0.hasSuffix(": nothing") }.count == first.count - 1)
        let again = try forget("user-0", of: topology, in: folder)
        #expect(again.allSatisfy { $0.hasSuffix(": nothing") }, "\(again)")
        #expect(again.count == first.count && first.count > 1)
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0)
        // Nobody is there to answer; the command waits in the topic.
        let alone = try MillraceProcess(
            ["forget", topology, "--profile", "user-1", "--wait", "1"], in: folder)
        #expect(alone.waitForEnd() == 1)
        #expect(alone.errors.contains("they obey when they run"))
    }

    private func forget(
        _ profile: String, of topology: String, in folder: TestFolder
    ) throws -> [String] {
        let command = try MillraceProcess(["forget", topology, "--profile", profile], in: folder)
        #expect(command.waitForEnd() == 0, "\(command.errors)")
        return command.output.split(separator: "\n").map(String.init)
    }
}
