internal import Events
internal import StreamCore

/// How far a task had come: what `_meta` says beside whose file it is.
struct Standing: Equatable {
    var checkpoint: TaskCheckpoint?
    /// A commit whose changes are in the tables, and can be taken back with the undo tables.
    var prepared: TaskCheckpoint?
    var restoreProgress: RestoreProgress?

    /// What a store holds is no part of its changelog any more.
    mutating func forgetChangelog(of store: Int) {
        checkpoint?.changelogOffsets[store] = nil
        prepared?.changelogOffsets[store] = nil
        restoreProgress?.offsets[store] = nil
    }
}

/// A ``Standing`` as rows of `_meta`: names and values. Stores go by their names, since their
/// indexes change with the topology.
struct StandingRows {
    private enum Name {
        static let prepared = "prepared/"
        static let sequence = "sequence"
        static let streamTime = "stream_time"
        static let clock = "clock"
        static let offset = "offset/"
        static let changelog = "changelog/"
        static let restore = "restore"
        static let restored = "restored/"
    }

    private static let complete = "complete"
    private static let unfinished = "unfinished"

    private(set) var rows: [String: [UInt8]]

    init(rows: [String: [UInt8]]) { self.rows = rows }

    init(_ standing: Standing, stores: [StoreSpec]) {
        rows = [:]
        if let checkpoint = standing.checkpoint { add(checkpoint, "", stores) }
        if let prepared = standing.prepared { add(prepared, Name.prepared, stores) }
        guard let progress = standing.restoreProgress else { return }
        add(Name.restore, progress.isComplete ? Self.complete : Self.unfinished)
        for (store, offset) in progress.offsets {
            add(Name.restored + stores[store].name, String(offset))
        }
    }

    /// - Throws: `StoreError.corrupt` when a row is missing, or is none that this layout has.
    func standing(stores: [StoreSpec], _ table: RowTable) throws(StoreError) -> Standing {
        var checkpoint = CheckpointReader(stores: stores, table: table)
        var prepared = checkpoint
        var (restore, restored): (Bool?, [Int: Int64]) = (nil, [:])
        for (name, value) in rows {
            if name == Name.restore {
                restore = try Self.isComplete(value, table)
            } else if name.hasPrefix(Name.restored) {
                restored[try checkpoint.store(name.dropFirst(Name.restored.count))] =
                    try checkpoint.integer(name, value)
            } else if name.hasPrefix(Name.prepared) {
                try prepared.take(String(name.dropFirst(Name.prepared.count)), value)
            } else {
                try checkpoint.take(name, value)
            }
        }
        return Standing(
            checkpoint: try checkpoint.result(), prepared: try prepared.result(),
            restoreProgress: restore.map { RestoreProgress(offsets: restored, isComplete: $0) })
    }

    /// Writes what differs from the rows that the table has.
    func write(after old: StandingRows, to table: RowTable) throws(StoreError) {
        for (name, value) in rows where old.rows[name] != value {
            try table.write(Array(name.utf8), value)
        }
        for name in old.rows.keys where rows[name] == nil { try table.remove(Array(name.utf8)) }
    }

    private mutating func add(_ name: String, _ value: String) { rows[name] = Array(value.utf8) }

    private mutating func add(
        _ checkpoint: TaskCheckpoint, _ prefix: String, _ stores: [StoreSpec]
    ) {
        add(prefix + Name.sequence, String(checkpoint.sequence))
        add(prefix + Name.streamTime, String(checkpoint.streamTime.milliseconds))
        rows[prefix + Name.clock] = checkpoint.clock
        for (partition, offset) in checkpoint.offsets {
            add("\(prefix)\(Name.offset)\(partition.partition)/\(partition.topic)", String(offset))
        }
        for (store, offset) in checkpoint.changelogOffsets {
            add(prefix + Name.changelog + stores[store].name, String(offset))
        }
    }

    private static func isComplete(
        _ value: [UInt8], _ table: RowTable
    ) throws(StoreError) -> Bool {
        switch String(decoding: value, as: UTF8.self) {
        case complete: return true
        case unfinished: return false
        case let text: throw table.damagedRow("a restore is neither whole nor not: '\(text)'")
        }
    }

    /// Puts a checkpoint together from its rows, in whatever order they come.
    private struct CheckpointReader {
        let stores: [StoreSpec]
        let table: RowTable
        private var checkpoint = TaskCheckpoint()
        private var count = 0
        private var missing: Set = [Name.sequence, Name.streamTime, Name.clock]

        init(stores: [StoreSpec], table: RowTable) {
            self.stores = stores
            self.table = table
        }

        mutating func take(_ name: String, _ value: [UInt8]) throws(StoreError) {
            count += 1
            missing.remove(name)
            if name == Name.clock {
                checkpoint.clock = value
            } else if name == Name.sequence {
                checkpoint.sequence = try integer(name, value)
            } else if name == Name.streamTime {
                checkpoint.streamTime = Timestamp(milliseconds: try integer(name, value))
            } else if name.hasPrefix(Name.changelog) {
                let store = try store(name.dropFirst(Name.changelog.count))
                checkpoint.changelogOffsets[store] = try integer(name, value)
            } else if let partition = Self.partition(name) {
                checkpoint.offsets[partition] = try integer(name, value)
            } else {
                throw table.damagedRow("a row '\(name)' does not belong there")
            }
        }

        /// `nil` when there was no row.
        func result() throws(StoreError) -> TaskCheckpoint? {
            if count == 0 { return nil }
            if let name = missing.min() { throw table.damagedRow("the row '\(name)' is missing") }
            return checkpoint
        }

        func integer(_ name: String, _ value: [UInt8]) throws(StoreError) -> Int64 {
            let text = String(decoding: value, as: UTF8.self)
            guard let integer = Int64(text) else {
                throw table.damagedRow("the row '\(name)' is no number: '\(text)'")
            }
            return integer
        }

        func store(_ name: Substring) throws(StoreError) -> Int {
            guard let index = stores.firstIndex(where: { $0.name == name }) else {
                throw table.damagedRow("a changelog's store '\(name)' is not in the file")
            }
            return index
        }

        private static func partition(_ name: String) -> TopicPartition? {
            guard name.hasPrefix(Name.offset) else { return nil }
            let parts = name.dropFirst(Name.offset.count)
                .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]) else { return nil }
            return TopicPartition(topic: String(parts[1]), partition: partition)
        }
    }
}
