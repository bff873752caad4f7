import Events
import SampleEvents
import Testing

@Suite("What a sample makes a processor find")
struct SampleExpectationTests {
    private static let minute: Int64 = 60_000

    @Test("an event exactly one gap after the last belongs to the same session")
    func gapIsInclusive() {
        var expectation = SampleExpectation(gap: .seconds(1800))
        expectation.add(customer: 3, at: 0)
        expectation.add(customer: 3, at: 30 * Self.minute)
        expectation.add(customer: 3, at: 60 * Self.minute + 1)
        #expect(
            expectation.sessions() == [
                session(of: 3, from: 0, to: 30 * Self.minute, count: 2),
                session(of: 3, from: 60 * Self.minute + 1, to: 60 * Self.minute + 1, count: 1),
            ])
    }

    @Test("each event keeps its session open for the gap of its channel")
    func gapDependsOnTheChannel() {
        var expectation = SampleExpectation(
            gap: .seconds(1800), gapByChannel: [.pos: .seconds(300)])
        expectation.add(customer: 0, at: 0, channel: .web)
        // Does not shorten what the web event keeps open.
        expectation.add(customer: 0, at: 10 * Self.minute, channel: .pos)
        expectation.add(customer: 0, at: 30 * Self.minute, channel: .pos)
        expectation.add(customer: 0, at: 36 * Self.minute, channel: .web)
        #expect(
            expectation.sessions() == [
                session(of: 0, from: 0, to: 30 * Self.minute, count: 3),
                session(of: 0, from: 36 * Self.minute, to: 36 * Self.minute, count: 1),
            ])
    }

    @Test("the order of arrival does not matter, and customers do not mix")
    func orderDoesNotMatter() {
        var expectation = SampleExpectation(gap: .seconds(1800))
        expectation.add(customer: 1, at: 50 * Self.minute)
        expectation.add(customer: 0, at: 25 * Self.minute)
        expectation.add(customer: 1, at: 0)
        expectation.add(customer: 1, at: 25 * Self.minute)
        #expect(
            expectation.sessions() == [
                session(of: 0, from: 25 * Self.minute, to: 25 * Self.minute, count: 1),
                session(of: 1, from: 0, to: 50 * Self.minute, count: 3),
            ])
    }

    @Test("broken and repeated records are counted and in no session")
    func onlyValidRecordsMakeSessions() {
        var expectation = SampleExpectation(gap: .seconds(1800))
        for fault in SampleFault.allCases { expectation.add(customer: 0, at: 0, fault: fault) }
        #expect(expectation.sessions().isEmpty)
        expectation.add(customer: 0, at: 0)
        expectation.add(customer: 0, at: 0, isDuplicate: true)
        #expect(expectation.sessions() == [session(of: 0, from: 0, to: 0, count: 1)])
        #expect(expectation.recordCount == 6)
        #expect(expectation.unparseableCount == 2)
        #expect(expectation.invalidCount == 2)
        #expect(expectation.validCount == 1)
        #expect(expectation.repeatCount == 1)
    }

    @Test("the sessions of a sample hold every valid event once and lie a gap apart")
    func sessionsOfASample() {
        var expectation = SampleExpectation(gap: .seconds(600))
        var generator = SampleEventGenerator(seed: 7)
        var record = SampleRecord()
        for _ in 0..<100_000 {
            generator.next(into: &record)
            expectation.add(record)
        }
        let sessions = expectation.sessions()
        #expect(sessions.reduce(0) { $0 + $1.eventCount } == expectation.validCount)
        #expect(sessions == sessions.sorted())
        for (earlier, later) in zip(sessions, sessions.dropFirst()) where earlier.key == later.key {
            #expect(later.start.milliseconds(since: earlier.end) > 600_000)
        }
        // A sample shows what a sessionizer has to do: people come back, and mostly later.
        let people = Set(sessions.map(\.key)).count
        #expect(sessions.count > people)
        #expect((4...40).contains(expectation.validCount / sessions.count))
    }

    private func session(
        of customer: Int, from start: Int64, to end: Int64, count: Int
    ) -> SampleExpectation.Session {
        SampleExpectation.Session(
            key: "c-00000\(customer)", start: Timestamp(milliseconds: start),
            end: Timestamp(milliseconds: end), eventCount: count)
    }
}

extension SampleExpectation {
    fileprivate mutating func add(
        customer: Int, at milliseconds: Int64, channel: SampleChannel = .web,
        fault: SampleFault? = nil, isDuplicate: Bool = false
    ) {
        var record = SampleRecord()
        record.customer = customer
        record.channel = channel
        record.occurredAt = Timestamp(milliseconds: milliseconds)
        record.fault = fault
        record.isDuplicate = isDuplicate
        add(record)
    }
}
