import Foundation
import Testing

@Suite("Retention, as a broker tells it", .enabled(if: TestBroker.isThere, "no broker"))
struct RetentionTests {
    @Test("`millrace run` warns at the start of a sink that deletes old event times")
    func warns() throws {
        let broker = TestBroker("retention")
        let folder = try TestFolder()
        let (source, sink, dead) = (
            broker.topic("in"), broker.topic("sessions"), broker.topic("dead")
        )
        try broker.create([source, dead])
        try broker.create([sink], configuration: ["retention.ms": "3600000"])
        let topology = try folder.write(
            SessionWorkload.topology(
                on: broker, source: source, sink: sink, deadLetter: dead,
                state: folder.path("state")),
            to: "topology.yaml")
        let process = try MillraceProcess(["run", topology, "--until-caught-up"], in: folder)
        #expect(process.waitForEnd() == 0, "\(process.errors.suffix(2000))")
        let told = process.errors.split(separator: "\n").filter { $0.contains("deletes records") }
        #expect(told.count == 1, "\(process.errors)")
        #expect(told.first?.contains("warning") == true)
        #expect(told.first?.contains("topic '\(sink)'") == true)
        #expect(told.first?.contains("older than 1h") == true)
    }
}
