import Events
import StreamCore
import StreamEngine
import Testing

@Suite("Where a task goes on whose state holds a prepared commit")
struct TaskOpeningPreparedTests {
    private static let source = TopicPartition(topic: "clicks", partition: 3)
    typealias Commit = (sequence: Int64, offset: Int64)

    private func decide(
        file: Commit?, prepared: Commit?, group: Commit?,
        guarantee: EngineSettings.Guarantee = .exactlyOnce
    ) throws(OffsetDisagreement) -> TaskOpening.Decision {
        try TaskOpening(
            task: TaskIdentifier(subtopology: 0, partition: 3), sources: [Self.source],
            hasState: true, checkpoint: file.map(Self.checkpoint),
            prepared: prepared.map(Self.checkpoint),
            committed: group.map {
                let metadata = CommitMetadata(TaskCheckpoint(sequence: $0.sequence)).description
                return [Self.source: CommittedOffset(offset: $0.offset, metadata: metadata)]
            } ?? [:],
            guarantee: guarantee, allowsStateLoss: false
        ).decide()
    }

    private static func checkpoint(_ commit: Commit) -> TaskCheckpoint {
        TaskCheckpoint(sequence: commit.sequence, offsets: [source: commit.offset])
    }

    private func decision(
        _ prepared: TaskOpening.Decision.Prepared, at position: StartPosition
    ) -> TaskOpening.Decision {
        TaskOpening.Decision(prepared: prepared, positions: [Self.source: position])
    }

    @Test("a prepared commit that the group has is applied")
    func decidedFor() throws {
        #expect(
            try decide(file: (7, 100), prepared: (8, 120), group: (8, 120))
                == decision(.apply, at: .offset(120)))
        #expect(
            try decide(file: nil, prepared: (1, 20), group: (1, 20))
                == decision(.apply, at: .offset(20)))
    }

    @Test("a prepared commit that the group does not have is discarded")
    func decidedAgainst() throws {
        #expect(
            try decide(file: (7, 100), prepared: (8, 120), group: (7, 100))
                == decision(.discard, at: .offset(100)))
        #expect(
            try decide(file: nil, prepared: (1, 20), group: nil) == decision(.discard, at: .reset))
    }

    @Test("a commit of timers alone moves no offset: its number tells what became of it")
    func timersOnly() throws {
        #expect(
            try decide(file: (7, 100), prepared: (8, 100), group: (8, 100))
                == decision(.apply, at: .offset(100)))
        #expect(
            try decide(file: (7, 100), prepared: (8, 100), group: (7, 100))
                == decision(.discard, at: .offset(100)))
    }

    @Test("a task that was elsewhere and came back finds that its file is behind")
    func cameBack() throws {
        // Prepared here as 8, decided against; committed elsewhere as 8 and 9.
        let error = #expect(throws: OffsetDisagreement.self) {
            try decide(file: (7, 100), prepared: (8, 120), group: (9, 140))
        }
        #expect(error?.kind == .stateIsBehind(file: 7, group: 9))
    }

    @Test("a number that another commit took elsewhere does not make what is prepared here valid")
    func sameNumberElsewhere() throws {
        // Both are commit 8, but of other records.
        let error = #expect(throws: OffsetDisagreement.self) {
            try decide(file: (7, 100), prepared: (8, 120), group: (8, 110))
        }
        #expect(error?.kind == .stateIsBehind(file: 7, group: 8))
    }

    @Test("exactly once a file never leads: offsets that were moved back stop the task")
    func fileLeads() throws {
        let error = #expect(throws: OffsetDisagreement.self) {
            try decide(file: (8, 120), prepared: nil, group: (7, 100))
        }
        #expect(error?.kind == .groupIsBehind(file: 8, group: 7))
        #expect(throws: OffsetDisagreement.self) {
            try decide(file: (1, 20), prepared: nil, group: nil)
        }
    }

    @Test("after a change to at least once, what exactly once left is decided first")
    func guaranteeChanged() throws {
        #expect(
            try decide(
                file: (7, 100), prepared: (8, 120), group: (8, 120), guarantee: .atLeastOnce)
                == decision(.apply, at: .offset(120)))
        #expect(
            try decide(
                file: (7, 100), prepared: (8, 120), group: (7, 100), guarantee: .atLeastOnce)
                == decision(.discard, at: .offset(100)))
    }

    @Test("a task whose state is gone is not started over, whatever the group has")
    func missing() throws {
        let error = #expect(throws: OffsetDisagreement.self) {
            try decide(file: nil, prepared: (1, 20), group: (5, 90))
        }
        #expect(error?.kind == .stateIsMissing)
    }
}
