internal import Events
internal import StreamCore

/// What `_meta` holds: whose file it is, which stores it has, and how far the task had come.
struct Metadata {
    static let tableName = "_meta"

    private enum Name {
        static let application = "application"
        static let task = "task"
        static let layout = "layout"
        static let sequence = "sequence"
        static let streamTime = "stream_time"
        static let clock = "clock"
        static let store = "store/"
        static let offset = "offset/"
    }

    let identity: FileIdentity
    let layout: Int64
    let stores: [StoreSpec]
    let checkpoint: TaskCheckpoint?

    /// Reads and checks the whole table.
    ///
    /// - Throws: `StoreError.corrupt` when a row is missing, or is none that this layout has.
    init(_ table: RowTable) throws(StoreError) {
        var texts: [String: String] = [:]
        var clock: [UInt8] = []
        var stores: [StoreSpec] = []
        var offsets: [TopicPartition: Int64] = [:]
        var rows = try table.rows()
        while try rows.next() {
            let name = unsafe String(decoding: rows.key, as: UTF8.self)
            let text = unsafe String(decoding: rows.value, as: UTF8.self)
            if name == Name.clock {
                clock = unsafe Array(rows.value)
            } else if name.hasPrefix(Name.store), let store = Self.store(name, text) {
                stores.append(store)
            } else if name.hasPrefix(Name.offset), let partition = Self.partition(name),
                let offset = Int64(text)
            {
                offsets[partition] = offset
            } else {
                texts[name] = text
            }
        }
        let fields = Fields(texts: texts, table: table)
        identity = FileIdentity(
            application: try fields.text(Name.application), task: try fields.text(Name.task))
        layout = try fields.integer(Name.layout)
        self.stores = stores
        checkpoint =
            texts[Name.sequence] == nil
            ? nil
            : TaskCheckpoint(
                sequence: try fields.integer(Name.sequence),
                streamTime: Timestamp(milliseconds: try fields.integer(Name.streamTime)),
                offsets: offsets, clock: clock)
    }

    static func write(_ identity: FileIdentity, to table: RowTable) throws(StoreError) {
        try table.write(Name.application, identity.application)
        try table.write(Name.task, identity.task)
        try table.write(Name.layout, String(FileHeader.layoutVersion))
    }

    static func write(_ store: StoreSpec, to table: RowTable) throws(StoreError) {
        try table.write(Name.store + store.name, "\(store.kind.rawValue) \(store.layoutVersion)")
    }

    /// Writes what differs between two checkpoints.
    static func write(
        _ next: TaskCheckpoint, after last: TaskCheckpoint?, to table: RowTable
    ) throws(StoreError) {
        try table.write(Name.sequence, String(next.sequence))
        try table.write(Name.streamTime, String(next.streamTime.milliseconds))
        if next.clock != last?.clock { try table.write(Name.clock, next.clock) }
        let lastOffsets = last?.offsets ?? [:]
        for (partition, offset) in next.offsets where lastOffsets[partition] != offset {
            try table.write(name(partition), String(offset))
        }
        for partition in lastOffsets.keys where next.offsets[partition] == nil {
            try table.remove(name(partition))
        }
    }

    private static func name(_ partition: TopicPartition) -> String {
        "\(Name.offset)\(partition.partition)/\(partition.topic)"
    }

    private static func partition(_ name: String) -> TopicPartition? {
        let parts = name.dropFirst(Name.offset.count)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(parts[0]) else { return nil }
        return TopicPartition(topic: String(parts[1]), partition: partition)
    }

    private static func store(_ name: String, _ text: String) -> StoreSpec? {
        let words = text.split(separator: " ")
        guard words.count == 2, let kind = StoreSpec.Kind(rawValue: String(words[0])),
            let layoutVersion = Int(words[1])
        else { return nil }
        return StoreSpec(
            name: String(name.dropFirst(Name.store.count)), kind: kind,
            layoutVersion: layoutVersion)
    }

    private struct Fields {
        let texts: [String: String]
        let table: RowTable

        func text(_ name: String) throws(StoreError) -> String {
            guard let text = texts[name] else {
                throw table.damagedRow("the row '\(name)' is missing")
            }
            return text
        }

        func integer(_ name: String) throws(StoreError) -> Int64 {
            let text = try text(name)
            guard let integer = Int64(text) else {
                throw table.damagedRow("the row '\(name)' is no number: '\(text)'")
            }
            return integer
        }
    }
}

extension RowTable {
    fileprivate func write(_ name: String, _ value: String) throws(StoreError) {
        try write(Array(name.utf8), Array(value.utf8))
    }

    fileprivate func write(_ name: String, _ value: [UInt8]) throws(StoreError) {
        try write(Array(name.utf8), value)
    }

    fileprivate func remove(_ name: String) throws(StoreError) {
        try remove(Array(name.utf8))
    }
}
