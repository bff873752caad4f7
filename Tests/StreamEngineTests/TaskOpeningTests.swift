import Events
import StreamCore
import StreamEngine
import Testing

@Suite struct TaskOpeningTests {
    private static let source = TopicPartition(topic: "clicks", partition: 3)

    private func opening(
        file: (sequence: Int64, offset: Int64)?, group: (sequence: Int64, offset: Int64)?,
        metadata: String? = nil, hasState: Bool = true, allowsStateLoss: Bool = false
    ) -> TaskOpening {
        let checkpoint = file.map {
            TaskCheckpoint(sequence: $0.sequence, offsets: [Self.source: $0.offset])
        }
        let committed = group.map { group in
            let ours = CommitMetadata(TaskCheckpoint(sequence: group.sequence)).description
            return [
                Self.source: CommittedOffset(offset: group.offset, metadata: metadata ?? ours)
            ]
        }
        return TaskOpening(
            task: TaskIdentifier(subtopology: 0, partition: 3), sources: [Self.source],
            hasState: hasState, checkpoint: checkpoint, committed: committed ?? [:],
            allowsStateLoss: allowsStateLoss)
    }

    private func start(_ opening: TaskOpening) throws -> StartPosition? {
        try opening.decide().positions[Self.source]
    }

    @Test("a task without state goes on from the group's offset, whatever its metadata")
    func statelessTask() throws {
        let moved = opening(file: nil, group: (1, 40), metadata: "by hand", hasState: false)
        #expect(try start(moved) == .offset(40))
        #expect(try start(opening(file: nil, group: nil, hasState: false)) == .reset)
    }

    @Test("the first start of a task with state begins where the reset policy says")
    func firstStart() throws {
        #expect(try start(opening(file: nil, group: nil)) == .reset)
    }

    @Test("after a clean stop file and group agree")
    func cleanStop() throws {
        #expect(try start(opening(file: (7, 100), group: (7, 100))) == .offset(100))
    }

    @Test("a crash between the two writes of a commit goes on from the file, which is one ahead")
    func crashBetweenWrites() throws {
        #expect(try start(opening(file: (8, 120), group: (7, 100))) == .offset(120))
        #expect(try start(opening(file: (1, 20), group: nil)) == .offset(20))
    }

    @Test(
        "everything else stops the task and names what to do",
        arguments: [
            ((7, 100), (9, 300), nil, "went on elsewhere"),
            ((9, 300), (7, 100), nil, "moved back"),
            ((9, 300), nil, nil, "no offsets"),
            (nil, (3, 50), nil, "no state file"),
            ((7, 100), (7, 90), nil, "was not written by Millrace"),
            ((7, 100), (7, 100), "by hand", "was not written by Millrace"),
        ] as [((Int64, Int64)?, (Int64, Int64)?, String?, String)])
    func disagreements(
        file: (Int64, Int64)?, group: (Int64, Int64)?, metadata: String?, says: String
    ) throws {
        let opening = opening(
            file: file.map { ($0.0, $0.1) }, group: group.map { ($0.0, $0.1) }, metadata: metadata)
        let error = #expect(throws: OffsetDisagreement.self) { try opening.decide() }
        var named = try #require(error)
        named.path = "state/0_3.sqlite"
        #expect(named.description.contains(says), "\(named)")
        #expect(named.description.contains("task 0_3"))
        #expect(named.description.contains("state/0_3.sqlite"))
    }

    @Test("missing state is accepted when the user says so")
    func stateLossIsAllowed() throws {
        let opening = opening(file: nil, group: (3, 50), allowsStateLoss: true)
        #expect(try start(opening) == .offset(50))
    }

    @Test("commit metadata reads back, and nothing else reads as such")
    func metadata() throws {
        let written = CommitMetadata(
            TaskCheckpoint(sequence: 12, streamTime: .init(milliseconds: 1_700_000_000_000)))
        #expect(CommitMetadata(written.description) == written)
        for other in ["", "millrace", "millrace 2 1 1", "millrace 1 x 1", "millrace 1 1 1 1"] {
            #expect(CommitMetadata(other) == nil)
        }
    }
}
