internal import Events
internal import StreamCore

/// Writes what a commit changes in a task's stores as records of its changelogs.
final class ChangelogWriter {
    private let layout: ChangelogLayout
    private let fault: DeliberateFault?
    private var header = ByteBuffer()

    init(_ layout: ChangelogLayout, fault: DeliberateFault? = nil) {
        self.layout = layout
        self.fault = fault
    }

    /// Writes each entry that was changed since the last commit, once, however often it was changed;
    /// what was deleted as a tombstone.
    ///
    /// `checkpoint`: what the commit will be; `wroteSome` is called between two records, when what is
    /// in `output` may be taken away.
    func writeChanges(
        of task: LoggedTask, checkpoint: TaskCheckpoint, to output: OutputBatch,
        wroteSome: () -> Void
    ) throws(StoreError) {
        let place = begin(task, checkpoint)
        try unsafe task.state.forEachChange { (store, key, value) throws(StoreError) in
            if unsafe value == nil, fault == .logsNoDeletions { return }
            unsafe output.append(
                key: key, value: value, headers: header.bytes, topic: place.topics[store],
                partition: place.partition, timestamp: -1)
            wroteSome()
        }
    }

    /// Writes the stores whose changelogs begin anew, whole; nothing was changed since the last
    /// commit.
    func writeWhole(
        _ task: LoggedTask, checkpoint: TaskCheckpoint, to output: OutputBatch,
        wroteSome: () -> Void
    ) throws(StoreError) {
        let place = begin(task, checkpoint)
        for store in task.log.begins.keys.sorted() {
            try unsafe task.state.forEachEntry(store: store) { (key, value) throws(StoreError) in
                unsafe output.append(
                    key: key, value: value, headers: header.bytes, topic: place.topics[store],
                    partition: place.partition, timestamp: -1)
                wroteSome()
            }
        }
    }

    private func begin(
        _ task: LoggedTask, _ checkpoint: TaskCheckpoint
    ) -> (topics: [Int32], partition: Int32) {
        header.removeAll()
        layout.tag(checkpoint, of: task.identifier).write(to: &header)
        let topics = layout.storeTopics[task.identifier.subtopology].map { Int32($0) }
        return (topics, task.identifier.partition)
    }

    /// Writes how far the state has come with these changes.
    func writeCheckpoint(
        of task: LoggedTask, checkpoint: TaskCheckpoint, to output: OutputBatch
    ) {
        for (store, offset) in task.log.begins.sorted(by: { $0.key < $1.key }) {
            append(
                layout.beginKey(of: task.identifier, store: task.stores[store]),
                Array(String(offset).utf8), of: task, to: output)
        }
        append(
            layout.checkpointKey(of: task.identifier),
            CheckpointRecord(
                checkpoint, stores: task.stores, broadcasts: layout.broadcastTopics
            ).json, of: task, to: output)
    }

    private func append(
        _ key: String, _ value: [UInt8], of task: LoggedTask, to output: OutputBatch
    ) {
        unsafe Array(key.utf8).withUnsafeBytes { key in
            unsafe value.withUnsafeBytes { value in
                unsafe output.append(
                    key: key, value: value, topic: Int32(layout.checkpointTopic),
                    partition: task.identifier.partition, timestamp: -1)
            }
        }
    }
}

/// A running task whose state is logged.
struct LoggedTask {
    let identifier: TaskIdentifier
    let stores: [StoreSpec]
    let state: any TaskState
    let log: TaskLog
}

/// Where the changelogs of a running task stand.
struct TaskLog: Sendable, Equatable {
    /// The offset of the first record behind the last commit, by store.
    var offsets: [Int: Int64]
    /// Stores whose changelog is to begin anew with the next commit, and at which offset.
    var begins: [Int: Int64] = [:]
    /// Whether these stores were written as they are since the task was opened.
    var isWhole = false

    /// The offsets behind the commit at hand, when the producer wrote up to `written` of a store.
    func offsets(written: (Int) -> Int64?, storeCount: Int) -> [Int: Int64] {
        var all: [Int: Int64] = [:]
        for store in 0..<storeCount {
            let known = max(offsets[store] ?? 0, begins[store] ?? 0)
            all[store] = max(known, written(store) ?? 0)
        }
        return all
    }

    /// The commit is decided; `offsets` are those of its checkpoint.
    mutating func noteCommit(offsets: [Int: Int64]) {
        self.offsets = offsets
        begins = [:]
    }
}
