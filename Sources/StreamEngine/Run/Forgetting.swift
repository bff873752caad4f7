internal import Events
internal import Foundation
internal import StreamCore

/// Has every task of an application forget a profile, and gathers what they answer.
///
/// ```swift
/// var forgetting = try Forgetting(profile: "p-17", application: application)
/// let missing = try forgetting.wait(atMost: .seconds(30)) { print($0) }
/// ```
///
/// The command lies in the application's control topic: a task that is not running obeys when it
/// runs again.
public struct Forgetting {
    /// What one task did.
    public struct Receipt: Sendable, Equatable {
        public let task: String
        /// How many entries went, by the operator's name; those without any are left out.
        public let erased: [String: Int]
    }

    private let application: Application
    private let id: String
    private let reader: any PartitionReader
    private let receipts: TopicPartition
    private let batch = RecordBatch()
    /// Tasks that have not answered.
    public private(set) var missing: Set<String>

    /// Writes the command. `id` tells it from another one for the same profile.
    ///
    /// - Precondition: the application has control topics.
    public init(
        profile: String, id: String? = nil, application: Application
    ) throws(EngineError) {
        guard let topics = application.plan.controlTopics else {
            preconditionFailure("an application without control was told to forget")
        }
        var application = application
        try application.setUpTopics()
        self.application = application
        self.id = id ?? UUID().uuidString.lowercased()
        missing = Set(application.statefulTasks.map { "\($0.task)" })
        receipts = TopicPartition(topic: topics.receipts, partition: 0)
        do {
            reader = try application.makeReader(named: "forget")
            try reader.start([receipts: try reader.writtenRange(receipts).upperBound])
        } catch {
            throw .cluster(error, doing: "looking at \(receipts)")
        }
        do {
            try write(profile, to: topics.control)
        } catch {
            reader.close()
            throw .cluster(error, doing: "writing to \(topics.control)")
        }
    }

    private func write(_ profile: String, to topic: String) throws(ClusterError) {
        let producer = try application.cluster.makeProducer(
            ProducerSettings(clientID: application.clientID(ofThread: 0), transactionalID: nil))
        defer { producer.close() }
        let output = OutputBatch()
        var json = ByteBuffer()
        json.append(#"{"command":"forget","id":"#)
        json.append(jsonString: self.id)
        json.append(#","profile":"#)
        json.append(jsonString: profile)
        json.append("}")
        var key = ByteBuffer()
        key.append(string: profile)
        unsafe output.append(
            key: key.bytes, value: json.bytes, topic: 0, partition: 0,
            timestamp: application.wallClock().milliseconds)
        while try producer.send(output, from: 0, topics: [topic]) == 0 {
            try producer.poll(timeout: .milliseconds(100))
        }
        try producer.flush(timeout: application.settings.brokerTimeout)
    }

    /// Waits until every task has answered; returns those that have not. `note` gets each answer.
    public mutating func wait(
        atMost limit: Duration, note: (Receipt) -> Void
    ) throws(EngineError) -> Set<String> {
        let deadline = ContinuousClock.now + limit
        do {
            while !missing.isEmpty, ContinuousClock.now < deadline {
                try reader.wait(timeout: .milliseconds(100))
                _ = try reader.fetch(
                    receipts, into: batch, recordLimit: 512, byteLimit: 4 << 20)
                for slot in batch.slots where slot.valueCount > 0 { take(slot, note: note) }
            }
        } catch {
            throw .cluster(error, doing: "reading \(receipts)")
        }
        return missing
    }

    /// At least once a receipt may come twice.
    private mutating func take(_ slot: RecordBatch.Slot, note: (Receipt) -> Void) {
        struct Answer: Decodable {
            let id: String
            let task: String
            let erased: [String: Int]
        }
        let (start, count) = (Int(slot.valueStart), Int(slot.valueCount))
        let json = unsafe Data(batch.bytes[start..<(start + count)])
        guard let answer = try? JSONDecoder().decode(Answer.self, from: json), answer.id == id,
            missing.remove(answer.task) != nil
        else { return }
        note(Receipt(task: answer.task, erased: answer.erased))
    }

    public func close() { reader.close() }
}
