public import Events

/// A record that a sink was given, for tests to look at.
public struct DriverRecord: Sendable, Equatable {
    public let topic: String
    public let key: String?
    /// `nil` is a tombstone.
    public let value: String?
    /// The value as it is, also where it is no text.
    public let bytes: [UInt8]?
    public let headers: [String: String]
    public let timestamp: Timestamp

    init(_ batch: OutputBatch, record: Int, topics: [String]) {
        let slot = batch.slots[record]
        topic = topics[Int(slot.topic)]
        key = unsafe batch.key(of: record).map { unsafe String(decoding: $0, as: UTF8.self) }
        bytes = unsafe batch.value(of: record).map { unsafe Array($0) }
        value = unsafe batch.value(of: record).map { unsafe String(decoding: $0, as: UTF8.self) }
        var headers: [String: String] = [:]
        var reader = unsafe RecordHeaders(batch.headers(of: record))
        while let header = reader.next() {
            let name = unsafe String(decoding: header.name, as: UTF8.self)
            headers[name] =
                unsafe header.value.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
        }
        self.headers = headers
        timestamp = Timestamp(milliseconds: slot.timestamp)
    }
}
