internal import Events
internal import StreamCore

/// Decides, read by read, how one task's state is restored from its changelogs.
///
/// ```
/// ranges are asked for ──▶ checkpoints are read ──▶ changelogs are read ──▶ restored
///                                │
///                                └── nothing was ever logged: begins with empty state
/// ```
///
/// The checkpoints come first, because they say which records of the changelogs count. Everything is
/// read up to where it ended after the group's offsets were known: what was written with them lies
/// before that, also when a transaction's markers are not written yet.
struct TaskRestore {
    /// A task that came without the state that it had at the group's last commit.
    struct Request {
        let task: TaskIdentifier
        let sources: [TopicPartition]
        let stores: [StoreSpec]
        let state: any TaskState
        /// The number of the group's last commit; `nil` before the first.
        let groupSequence: Int64?
        let committed: [TopicPartition: CommittedOffset]
    }

    enum Outcome {
        /// The state is that of a commit; `log` is where its changelogs stand.
        case restored(TaskCheckpoint, TaskLog)
        /// Nothing was ever logged, and nothing is missing.
        case isNew(TaskLog)
    }

    /// What to read next.
    enum Reading: Equatable {
        case checkpoints
        case changelogs
    }

    let request: Request
    let checkpoints: TopicPartition
    let changelogs: [TopicPartition]
    private(set) var reading = Reading.checkpoints
    private let layout: ChangelogLayout
    private var log: CheckpointLog
    private let ranges: [TopicPartition: Range<Int64>]
    private var replay: ChangelogReplay?
    private var starts: [Int64] = []
    private let lead: Int64
    private let allowsStateLoss: Bool
    private let confirmsStateChanges: Bool
    /// The stores that are restored; the others begin empty.
    private var logged: Set<Int> = []

    /// `ranges`: what lies in each partition, asked after the group's offsets.
    init(
        _ request: Request, layout: ChangelogLayout, ranges: [TopicPartition: Range<Int64>],
        settings: EngineSettings
    ) {
        self.request = request
        self.ranges = ranges
        self.layout = layout
        checkpoints = layout.checkpoints(of: request.task)
        changelogs = layout.changelogs(of: request.task)
        log = CheckpointLog(request.task, stores: request.stores, layout: layout)
        // At least once, the commit is logged before the group knows of it.
        lead = settings.guarantee == .atLeastOnce ? 1 : 0
        allowsStateLoss = settings.allowsStateLoss
        confirmsStateChanges = settings.confirmsStateChanges
    }

    /// Where to begin to read the checkpoints.
    var checkpointStart: Int64 { range(checkpoints).lowerBound }

    // MARK: Checkpoints

    mutating func readCheckpoints(_ records: CheckpointRecords) throws(OffsetDisagreement) {
        do {
            try log.read(records)
        } catch {
            throw disagreement(.changelogIsForeign(checkpoints, error.offset))
        }
    }

    /// Whether the checkpoints are read up to their end.
    func hasReadCheckpoints(upTo position: Int64) -> Bool {
        position >= range(checkpoints).upperBound
    }

    /// What is to be done with the state before anything is taken.
    struct Plan: Equatable {
        /// Where to begin to read each changelog; empty when nothing was ever logged.
        var starts: [TopicPartition: Int64]
        /// Whether what the state holds is no part of what comes.
        var clearsFirst: Bool
        /// Stores that are not restored, because that was confirmed.
        var confirmed: [StoreChange] = []
    }

    /// The checkpoints are read.
    mutating func decide() throws(OffsetDisagreement) -> Plan {
        precondition(reading == .checkpoints, "decided twice for \(request.task)")
        let state = request.state
        guard let last = try commitToRestore() else {
            return Plan(starts: [:], clearsFirst: state.restoreProgress != nil)
        }
        reading = .changelogs
        logged = last.logged(among: request.stores)
        let start: ChangelogStart
        do {
            start = try ChangelogStart(
                of: state, changelogs: changelogs, logged: logged, begins: log.begins,
                ranges: ranges, allowsStateLoss: allowsStateLoss)
        } catch {
            throw disagreement(.changelogIsTruncated(error.partition, error.first))
        }
        starts = start.offsets
        let checkpoint = last.checkpoint(of: request.task, changelogOffsets: [:])
        replay = ChangelogReplay(
            state, positions: starts, logged: logged,
            limit: layout.tag(checkpoint, of: request.task))
        return Plan(
            starts: Dictionary(uniqueKeysWithValues: zip(changelogs, starts)),
            clearsFirst: start.clearsFirst, confirmed: changes(of: last))
    }

    /// What becomes of the stores that were logged where it is not what they were.
    private func changes(of last: CheckpointRecord) -> [StoreChange] {
        last.changes(to: request.stores).filter { $0.difference != nil }
    }

    /// The commit that the state is to become; `nil` when it begins empty.
    private func commitToRestore() throws(OffsetDisagreement) -> CheckpointRecord? {
        let group = request.groupSequence
        guard let last = log.last else {
            if let file = request.state.checkpoint?.sequence {
                throw disagreement(.stateIsBehind(file: file, group: group ?? 0))
            }
            guard (group ?? 0) == 0 || allowsStateLoss else {
                throw disagreement(.changelogIsMissing(group: group ?? 0))
            }
            return nil
        }
        if !confirmsStateChanges, let list = last.changes(to: request.stores).differences {
            throw disagreement(.changelogHasOtherStores(list: list))
        }
        guard let group else {
            // At least once, the first commit may be logged before the group knows of it.
            if last.sequence <= lead { return last }
            if allowsStateLoss { return nil }
            throw disagreement(
                .groupIsBehindChangelog(changelog: last.sequence, group: nil))
        }
        switch last.sequence - group {
        case 0...lead: return last
        case ..<0:
            throw disagreement(.changelogIsBehind(changelog: last.sequence, group: group))
        default:
            if allowsStateLoss { return nil }
            throw disagreement(
                .groupIsBehindChangelog(changelog: last.sequence, group: group))
        }
    }

    // MARK: Changelogs

    /// Takes what was read of a changelog; `position` is the offset behind it.
    mutating func take(
        _ batch: RecordBatch, position: Int64, store: Int
    ) throws(EngineError) {
        do {
            _ = try replay!.take(batch, position: position, store: store, remainder: .skip)
        } catch {
            switch error {
            case .state(let failure): throw .state(failure)
            case .foreign(let store, let offset):
                throw .offsets(disagreement(.changelogIsForeign(changelogs[store], offset)))
            }
        }
    }

    /// Whether a changelog is read up to its end.
    func isRead(_ store: Int) -> Bool {
        replay.map { $0.positions[store] >= range(changelogs[store]).upperBound } ?? false
    }

    var isRestored: Bool { reading == .changelogs && changelogs.indices.allSatisfy(isRead) }

    /// What the state is now, and where its changelogs stand.
    func outcome() -> Outcome {
        guard let replay, let last = log.last else {
            return .isNew(TaskLog(offsets: [:], begins: ends { _ in true }))
        }
        let checkpoint = last.checkpoint(
            of: request.task, changelogOffsets: replay.changelogOffsets)
        let begins = ends { !logged.contains($0) }
        return .restored(checkpoint, TaskLog(offsets: replay.changelogOffsets, begins: begins))
    }

    private func ends(of isIncluded: (Int) -> Bool) -> [Int: Int64] {
        var ends: [Int: Int64] = [:]
        for (store, partition) in changelogs.enumerated() where isIncluded(store) {
            ends[store] = range(partition).upperBound
        }
        return ends
    }

    /// How far the changelogs were taken, to note with the state.
    var progress: RestoreProgress? { replay?.progress }

    var recordCount: Int { replay?.recordCount ?? 0 }

    /// How many offsets are to be read, and how many are.
    var offsetCounts: (read: Int64, all: Int64) {
        var counts = (read: Int64(0), all: Int64(0))
        for (store, start) in starts.enumerated() {
            counts.all += max(0, range(changelogs[store]).upperBound - start)
            counts.read += (replay?.positions[store] ?? start) - start
        }
        return counts
    }

    private func range(_ partition: TopicPartition) -> Range<Int64> { ranges[partition] ?? 0..<0 }

    func disagreement(_ kind: OffsetDisagreement.Kind) -> OffsetDisagreement {
        OffsetDisagreement(task: request.task, kind: kind)
    }
}
