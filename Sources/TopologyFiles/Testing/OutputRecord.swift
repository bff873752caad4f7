package import Events
internal import StreamCore

/// A record that came out of a topology under test.
package struct OutputRecord: Sendable {
    /// The sink's topic.
    package let topic: String
    /// `nil` when the record has none.
    package let key: String?
    /// `nil` for a tombstone.
    package let value: String?
    /// The value as it is; `nil` when only its text is known.
    package var bytes: [UInt8]?
    /// The value of each header by its name.
    package let headers: [String: String]
    /// The record's timestamp.
    package let timestamp: Timestamp

    /// A record with these parts.
    package init(
        topic: String, key: String?, value: String?, headers: [String: String],
        timestamp: Timestamp
    ) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    init(_ record: DriverRecord) {
        self.init(
            topic: record.topic, key: record.key, value: record.value, headers: record.headers,
            timestamp: record.timestamp)
        bytes = record.bytes
    }

    /// Key and value on one line, for a report.
    var summary: String {
        let key = key.map(JSONText.quoted) ?? "no key"
        return "\(key): \((value ?? "a tombstone").shortened)"
    }
}

extension String {
    /// The beginning of a text that is too long to be read at a glance.
    var shortened: String { count > 160 ? prefix(157) + "..." : self }
}
