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
    /// See ``TaskCheckpoint/clock``.
    var clock: Data
    /// The layout version of each store that is logged, by its name.
    var stores: [String: Int]

    init(_ checkpoint: TaskCheckpoint, stores: [StoreSpec]) {
        sequence = checkpoint.sequence
        streamTime = checkpoint.streamTime.milliseconds
        offsets = Dictionary(
            uniqueKeysWithValues: checkpoint.offsets.map { ($0.key.topic, $0.value) })
        clock = Data(checkpoint.clock)
        self.stores = Dictionary(uniqueKeysWithValues: stores.map { ($0.name, $0.layoutVersion) })
    }

    /// What the state is as of, once it is restored; `changelogOffsets` by store.
    func checkpoint(
        of task: TaskIdentifier, changelogOffsets: [Int: Int64]
    ) -> TaskCheckpoint {
        TaskCheckpoint(
            sequence: sequence, streamTime: Timestamp(milliseconds: streamTime),
            offsets: Dictionary(
                uniqueKeysWithValues: offsets.map {
                    (TopicPartition(topic: $0.key, partition: task.partition), $0.value)
                }),
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
