internal import Events
internal import Foundation
internal import StreamCore

/// How far the state had come that lies in a task's changelogs: the value of its record among the
/// checkpoints, as JSON.
///
/// It is written with every commit, behind the changes: under `exactly_once` in their transaction, at
/// least once when they are acknowledged. A change of a commit that no such record tells of does not
/// count.
struct CheckpointRecord: Codable, Equatable {
    var sequence: Int64
    var streamTime: Int64
    /// The offset of the next record to read, by source topic.
    var offsets: [String: Int64]
    /// The same of the topics of which every task reads all partitions, by topic and partition;
    /// left out where there are none.
    var broadcastOffsets: [String: [Int32: Int64]]?
    /// See ``TaskCheckpoint/clock``.
    var clock: Data
    /// The layout version of each store that is logged, by its name.
    var stores: [String: Int]
    /// Everything else that says what their bytes mean, by their names; `nil` in the records of
    /// earlier versions.
    var meanings: [String: String]?

    /// `broadcasts`: the topics of which every task reads all partitions.
    init(_ checkpoint: TaskCheckpoint, stores: [StoreSpec], broadcasts: Set<String> = []) {
        sequence = checkpoint.sequence
        streamTime = checkpoint.streamTime.milliseconds
        offsets = [:]
        for (source, offset) in checkpoint.offsets {
            if broadcasts.contains(source.topic) {
                broadcastOffsets = broadcastOffsets ?? [:]
                broadcastOffsets?[source.topic, default: [:]][source.partition] = offset
            } else {
                offsets[source.topic] = offset
            }
        }
        clock = Data(checkpoint.clock)
        self.stores = Dictionary(uniqueKeysWithValues: stores.map { ($0.name, $0.layoutVersion) })
        meanings = Dictionary(uniqueKeysWithValues: stores.map { ($0.name, $0.text) })
    }

    /// What the state is as of, once it is restored; `changelogOffsets` by store.
    func checkpoint(
        of task: TaskIdentifier, changelogOffsets: [Int: Int64]
    ) -> TaskCheckpoint {
        var sources: [TopicPartition: Int64] = [:]
        for (topic, offset) in offsets {
            sources[TopicPartition(topic: topic, partition: task.partition)] = offset
        }
        for (topic, offsets) in broadcastOffsets ?? [:] {
            for (partition, offset) in offsets {
                sources[TopicPartition(topic: topic, partition: partition)] = offset
            }
        }
        return TaskCheckpoint(
            sequence: sequence, streamTime: Timestamp(milliseconds: streamTime), offsets: sources,
            clock: Array(clock), changelogOffsets: changelogOffsets)
    }

    /// What becomes of the stores that were logged when a topology with `wanted` goes on from them.
    func changes(to wanted: [StoreSpec]) -> [StoreChange] {
        let found = stores.map { name, layoutVersion in
            meanings?[name].flatMap { StoreSpec(name: name, text: $0) }
                // Of what is not said nothing is known to be different.
                ?? StoreSpec(
                    name: name, kind: wanted.first { $0.name == name }?.kind ?? .keyValue,
                    layoutVersion: layoutVersion)
        }
        return StoreComparison(found: found, wanted: wanted).changes
    }

    /// The indexes of those of `wanted` whose content was logged, and means the same still.
    func logged(among wanted: [StoreSpec]) -> Set<Int> {
        let kept = Set(changes(to: wanted).filter { $0.kind == .kept }.map(\.store))
        return Set(wanted.indices.filter { kept.contains(wanted[$0].name) })
    }

    /// `nil` for bytes that are no such record.
    init?(json: [UInt8]) {
        guard let record = try? JSONDecoder().decode(Self.self, from: Data(json))
        else { return nil }
        self = record
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            preconditionFailure("numbers and texts can't be written as JSON: \(error)")
        }
    }
}
