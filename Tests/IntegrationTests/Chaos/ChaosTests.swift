import Foundation
import SampleEvents
import Testing

/// Everything at once: members die, freeze, come and go, brokers stall and restart, for as long as
/// events are written. `make chaos` runs it for ten minutes, the integration tests for one.
@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct ChaosTests {
    @Test("under random faults every output is the answer: none lost, none twice, all in order")
    func answerHolds() throws {
        guard try TestBroker("chaos").forgetsOffsetsOfAbortedTransactions() else {
            // Who dies between sending the offsets and the end of the transaction loses its outputs
            // there, and nobody can tell.
            print("chaos: skipped, this broker keeps offsets of aborted transactions")
            return
        }
        let folder = try TestFolder()
        let settings = ChaosSettings.fromEnvironment()
        print("chaos: seed \(settings.seed) (MILLRACE_CHAOS_SEED=\(settings.seed) replays it)")
        let run = try ChaosRun(settings, in: folder)
        do {
            try run.play()
            try run.finish()
            try run.answer()
            try check(run)
        } catch {
            Issue.record("\(error)\n\(run.account)")
        }
    }

    private func check(_ run: ChaosRun) throws {
        var sessions = SessionAnswer()
        var counts: [String: Int] = [:]
        var abortedRecords = 0
        for topic in OmnichannelTopology.sinkTopics {
            let names = run.sinks(topic)
            let found = try CommittedOutput(of: names.found, on: run.broker) { value in
                if topic == "sessions" { sessions.add(value) }
            }
            let answer = try CommittedOutput(of: names.answer, on: run.broker)
            let difference = found.difference(from: answer)
            let records =
                difference.isNone
                ? "" : try found.records(of: difference, from: answer, on: run.broker)
            #expect(difference.isNone, "\(topic): \(difference)\(records)\n\(run.account)")
            let isEmpty = found.recordCount == 0
            #expect(isEmpty == OmnichannelTopology.emptyTopics.contains(topic), "\(topic)")
            counts[topic] = found.recordCount
            let uncommitted = run.broker.readingUncommitted
            let end = try run.broker.endOffset(of: names.found)
            #expect(try uncommitted.endOffset(of: names.found) == end, "an open transaction")
            let written = try CommittedOutput(of: names.found, on: uncommitted)
            abortedRecords += written.recordCount - found.recordCount
        }
        // Two implementations have agreed on the answer; here is one that shares no code with them.
        let expectation = run.expectation
        sessions.check(against: expectation)
        #expect(counts["events.valid"] == expectation.validCount + run.closingCount)
        #expect(counts["repeats"] == expectation.repeatCount)
        #expect(
            counts["dead-letter"] == expectation.invalidCount + expectation.unparseableCount)
        print(run.report(abortedRecords: abortedRecords))
    }
}
