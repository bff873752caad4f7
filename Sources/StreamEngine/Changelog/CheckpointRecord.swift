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

    /// The first of `wanted` whose content was logged in another layout.
    func storeOfOtherLayout(among wanted: [StoreSpec]) -> StoreSpec? {
        wanted.first { store in stores[store.name].map { $0 != store.layoutVersion } ?? false }
    }

    /// `nil` for bytes that are no such record.
    init?(json: UnsafeRawBufferPointer) {
        guard let record = try? unsafe JSONDecoder().decode(Self.self, from: Data(json))
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
