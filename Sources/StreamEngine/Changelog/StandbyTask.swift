internal import Events
internal import Logging
internal import StreamCore

/// The copy of a task's state that a process keeps up to date for the time when it gets the task.
///
/// It takes what its owner has committed, and no more: a record of the changelogs waits until the
/// checkpoints tell of its commit. When the task comes here, its restore goes on from the copy.
final class StandbyTask {
    enum Failure: Error {
        case cluster(ClusterError)
        case state(StoreError)
        /// It can't be followed, for a reason that its owner has to see to.
        case unfit(String)
    }

    private static let roundLimit = 4096

    let task: TaskIdentifier
    private let layout: ChangelogLayout
    private let stores: [StoreSpec]
    private let state: any TaskState
    private let checkpoints: TopicPartition
    private let changelogs: [TopicPartition]
    private var log: CheckpointLog
    private var replay: ChangelogReplay?
    /// What was fetched of each changelog and waits, from `next` on.
    private var waiting: [Waiting]
    private var readsCheckpoints = false
    private let reader: any PartitionReader
    private let checkpointReader: CheckpointReader
    /// What the copy was begun with. With anything else it is begun anew: records of a store that was
    /// not logged, or whose content begins elsewhere now, may have been passed over.
    private var begun: (logged: Set<Int>, begins: [Int: Int64]) = ([], [:])
    private var needsRestart = false
    /// Whether something was taken since it was noted with the state.
    private var hasChanges = false
    /// Records taken before it was begun anew.
    private var pastRecordCount = 0

    private final class Waiting {
        let batch = RecordBatch()
        var next = 0
        var position: Int64 = 0
        var isEmpty: Bool { next >= batch.count }
    }

    init(
        _ task: TaskIdentifier, stores: [StoreSpec],
        state: any TaskState, layout: ChangelogLayout, reader: any PartitionReader,
        checkpointReader: CheckpointReader
    ) {
        self.reader = reader
        self.checkpointReader = checkpointReader
        self.task = task
        self.layout = layout
        self.stores = stores
        self.state = state
        checkpoints = layout.checkpoints(of: task)
        changelogs = layout.changelogs(of: task)
        log = CheckpointLog(task, stores: stores, layout: layout)
        waiting = changelogs.map { _ in Waiting() }
    }

    var recordCount: Int { pastRecordCount + (replay?.recordCount ?? 0) }

    /// Takes what has come; returns whether there was anything.
    func round() throws(Failure) -> Bool {
        var hasWork = false
        if !readsCheckpoints {
            let range = try onCluster { () throws(ClusterError) in
                try reader.writtenRange(checkpoints)
            }
            try onCluster { () throws(ClusterError) in
                try checkpointReader.begin(checkpoints, at: range.lowerBound)
            }
            readsCheckpoints = true
        }
        let status = try onCluster { () throws(ClusterError) in
            try checkpointReader.advance(checkpoints, recordLimit: Self.roundLimit)
        }
        let records = checkpointReader.records(of: checkpoints)
        if records.end > log.position {
            hasWork = true
            do {
                try log.read(records)
            } catch {
                throw .unfit("the record at \(checkpoints)@\(error.offset) is not Millrace's")
            }
            if let last = log.last {
                needsRestart =
                    replay != nil && begun != (last.logged(among: stores), log.begins)
                if !needsRestart { replay?.extend(to: tag(of: last)) }
            }
        }
        if needsRestart { try restart() }
        if replay == nil {
            // An old commit would have the rest of the changelogs wait for nothing.
            guard status.isAtEnd, let last = log.last else { return hasWork }
            try begin(upTo: last)
            hasWork = true
        }
        for store in changelogs.indices where try read(store) { hasWork = true }
        return hasWork
    }

    private func tag(of record: CheckpointRecord) -> ChangeTag {
        layout.tag(record.checkpoint(of: task, changelogOffsets: [:]), of: task)
    }

    private func begin(upTo last: CheckpointRecord) throws(Failure) {
        if let file = state.checkpoint?.sequence, file > last.sequence {
            throw .unfit("the state file is of commit \(file), its changelog of \(last.sequence)")
        }
        // Until the owner's next commit, when that is confirmed.
        if let list = last.changes(to: stores).differences {
            throw .unfit("its changelogs are of a topology with other stores (\(list))")
        }
        let logged = last.logged(among: stores)
        var ranges: [TopicPartition: Range<Int64>] = [:]
        for partition in changelogs {
            ranges[partition] = try onCluster { () throws(ClusterError) in
                try reader.writtenRange(partition)
            }
        }
        let start: ChangelogStart
        do {
            start = try ChangelogStart(
                of: state, changelogs: changelogs, logged: logged, begins: log.begins,
                ranges: ranges, allowsStateLoss: false)
        } catch {
            throw .unfit("records of \(error.partition) before offset \(error.first) are gone")
        }
        do {
            if state.prepared != nil { try state.discardPrepared() }
            if start.clearsFirst { try state.clear() }
        } catch {
            throw .state(error)
        }
        try onCluster { () throws(ClusterError) in
            try reader.start(Dictionary(uniqueKeysWithValues: zip(changelogs, start.offsets)))
        }
        begun = (logged, log.begins)
        replay = ChangelogReplay(
            state, positions: start.offsets, logged: logged, limit: tag(of: last))
    }

    private func restart() throws(Failure) {
        try note()
        try onCluster { () throws(ClusterError) in try reader.stop(changelogs) }
        waiting = changelogs.map { _ in Waiting() }
        pastRecordCount = recordCount
        replay = nil
        needsRestart = false
    }

    private func read(_ store: Int) throws(Failure) -> Bool {
        let waiting = waiting[store]
        if waiting.isEmpty {
            let status = try onCluster { () throws(ClusterError) in
                try reader.fetch(
                    changelogs[store], into: waiting.batch, recordLimit: Self.roundLimit,
                    byteLimit: 4 << 20)
            }
            waiting.next = 0
            waiting.position = status.position
        }
        let before = (waiting.next, replay!.positions[store])
        do {
            waiting.next = try replay!.take(
                waiting.batch, from: waiting.next, position: waiting.position, store: store,
                remainder: .keep)
        } catch {
            switch error {
            case .state(let failure): throw .state(failure)
            case .foreign(_, let offset):
                throw .unfit("the record at \(changelogs[store])@\(offset) is not Millrace's")
            }
        }
        let moved = before != (waiting.next, replay!.positions[store])
        hasChanges = hasChanges || moved
        return moved && waiting.batch.count > 0
    }

    /// How many records of the changelogs, in offsets, the copy is behind.
    func lag() throws(Failure) -> Int64? {
        guard let replay else { return nil }
        var lag: Int64 = 0
        for (store, partition) in changelogs.enumerated() {
            let range = try onCluster { () throws(ClusterError) in
                try reader.writtenRange(partition)
            }
            lag += max(0, range.upperBound - replay.positions[store])
        }
        return lag
    }

    /// Makes what was taken durable.
    func note() throws(Failure) {
        guard hasChanges, let replay else { return }
        do {
            try state.commitRestored(replay.progress, checkpoint: nil)
        } catch {
            throw .state(error)
        }
        hasChanges = false
    }

    /// Lets go of its partitions and of its state.
    func close() throws(ClusterError) {
        defer { state.close() }
        if readsCheckpoints { try checkpointReader.end(checkpoints) }
        try reader.stop(changelogs)
    }

    private func onCluster<Result>(
        _ body: () throws(ClusterError) -> Result
    ) throws(Failure) -> Result {
        do { return try body() } catch { throw .cluster(error) }
    }
}
