import Events
import StreamCore
import StreamEngine
import StreamTesting

/// What a run leaves behind, for comparing it with another.
struct SimulatedOutcome: Sendable {
    struct Place: Hashable, Comparable, Sendable, CustomStringConvertible {
        let topic: String
        let partition: Int
        let key: String

        var description: String { "\(topic)-\(partition) '\(key)'" }

        static func < (left: Self, right: Self) -> Bool {
            (left.topic, left.partition, left.key) < (right.topic, right.partition, right.key)
        }
    }

    /// The records of each key, in their order, by partition.
    private var records: [Place: [FakeCluster.Record]] = [:]
    /// The people whom events were linked to, as of now.
    private var people: [String: String] = [:]
    /// The numbers of the events that were linked.
    private var linked: [Int64] = []
    /// Entries, offsets and stream time of each task, as text.
    private var state: [String: String] = [:]

    init(
        cluster: FakeCluster, storages: [any StateStorage], plan: TopologyPlan,
        hasStreamTime: Bool
    ) throws {
        for topic in SimulatedTopology.sinks
        where !SimulatedTopology.linkSinks.contains(topic) {
            for (partition, all) in cluster.records(of: topic).enumerated() {
                for record in all {
                    let key = String(decoding: record.key ?? [], as: UTF8.self)
                    records[
                        Place(topic: topic, partition: partition, key: key), default: []
                    ].append(record)
                }
            }
        }
        readLinks(on: cluster)
        let committed = cluster.committedOffsets(group: SimulatedTopology.application)
        for subtopology in plan.subtopologies where !subtopology.stores.isEmpty {
            for partition in 0..<SimulatedTopology.partitions {
                let task = TaskIdentifier(subtopology: subtopology.index, partition: partition)
                // The task may have been on several machines; on one of them it is as of the group.
                for storage in storages {
                    // It may have been left with a topology before this one.
                    let changes = try storage.changes(of: task, stores: subtopology.stores)
                    guard changes.allSatisfy({ $0.difference == nil }) else { continue }
                    let opened = try storage.open(task, stores: subtopology.stores)
                    defer { opened.close() }
                    guard try Self.isDecided(opened, by: committed) else { continue }
                    try describe(opened, of: task, subtopology.stores, hasStreamTime: hasStreamTime)
                }
            }
        }
    }

    private mutating func readLinks(on cluster: FakeCluster) {
        for record in cluster.records(of: "people").joined() {
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            let profile = record.value.map { String(decoding: $0, as: UTF8.self) }
            people[key] = profile.flatMap { $0.contains("merged_into") ? nil : $0 }
        }
        for record in cluster.records(of: "linked").joined() {
            let text = String(decoding: record.value ?? [], as: UTF8.self)
            let number = text.firstRange(of: #""n":"#).flatMap { range in
                Int64(text[range.upperBound...].prefix { $0.isNumber })
            }
            linked.append(number ?? -1)
        }
        linked.sort()
    }

    /// Whether a state is the one that the group's offsets tell of. What the group has decided and
    /// the state does not show yet is applied, as at the next start.
    private static func isDecided(
        _ opened: any TaskState, by committed: [TopicPartition: CommittedOffset]
    ) throws -> Bool {
        func isOfGroup(_ checkpoint: TaskCheckpoint) -> Bool {
            checkpoint.offsets.allSatisfy { source, offset in
                // What every task reads is nothing that the group knows of.
                source.topic == SimulatedTopology.broadcast
                    || committed[source]?.offset == offset
                        && committed[source].flatMap { CommitMetadata($0.metadata) }?.sequence
                            == checkpoint.sequence
            }
        }
        if let prepared = opened.prepared, isOfGroup(prepared) { try opened.applyPrepared() }
        return opened.checkpoint.map(isOfGroup) ?? false
    }

    private mutating func describe(
        _ opened: any TaskState, of task: TaskIdentifier, _ stores: [StoreSpec],
        hasStreamTime: Bool
    ) throws {
        let checkpoint = opened.checkpoint
        // How many control records lie in a topic between tasks depends on the commits.
        let offsets = (checkpoint?.offsets ?? [:])
            .filter { SimulatedTopology.sources.contains($0.key.topic) }
        state["\(task) offsets"] = "\(offsets.sorted { $0.key < $1.key })"
        // Between tasks that tell each other what they know, it depends on who came first.
        let isLinking = stores.contains { $0.name.hasPrefix("linked.") }
        if hasStreamTime, !isLinking {
            state["\(task) stream time"] = "\(checkpoint?.streamTime as Any)"
        }
        for store in stores where !store.name.hasPrefix("linked.") {
            switch store.kind {
            case .keyValue:
                var entries: [String] = []
                try unsafe opened.keyValueStore(store.name).forEach { key, value in
                    unsafe entries.append("\(Array(key))=\(Array(value))")
                }
                state["\(task) \(store.name)"] = entries.joined(separator: " ")
            case .timers:
                state["\(task) \(store.name)"] = "\(opened.timerStore(store.name).next)"
            }
        }
    }

    var recordCount: Int { records.values.reduce(0) { $0 + $1.count } }

    /// Where this differs from what it should be; `nil` when it doesn't.
    func difference(from expected: SimulatedOutcome) -> String? {
        for place in Set(records.keys).union(expected.records.keys).sorted() {
            let (found, wanted) = (records[place] ?? [], expected.records[place] ?? [])
            guard found != wanted else { continue }
            let index = zip(found, wanted).enumerated().first { $1.0 != $1.1 }?.offset
            let place =
                "\(place): \(found.count) records, \(wanted.count) expected, the first difference"
            guard let index else { return "\(place) at \(min(found.count, wanted.count))" }
            func text(_ record: FakeCluster.Record) -> String {
                record.value.map { String(decoding: $0, as: UTF8.self) } ?? "a tombstone"
            }
            return "\(place) at \(index): \(text(found[index])), not \(text(wanted[index]))"
        }
        for key in Set(people.keys).union(expected.people.keys).sorted()
        where people[key] != expected.people[key] {
            return """
                the profile \(key) is \(people[key] ?? "missing"), \
                expected is \(expected.people[key] ?? "none")
                """
        }
        if linked != expected.linked {
            return "the events linked are \(linked), not \(expected.linked)"
        }
        for name in Set(state.keys).union(expected.state.keys).sorted()
        where state[name] != expected.state[name] {
            return """
                \(name) is \(state[name] ?? "missing"), \
                expected is \(expected.state[name] ?? "nothing")
                """
        }
        return nil
    }
}
