internal import Foundation
internal import StreamCore

/// A record that came, with its value read once for all comparisons.
struct ArrivedRecord {
    let record: OutputRecord
    /// `nil` for what is not JSON.
    let json: OutputValue?

    init(_ record: OutputRecord) {
        self.record = record
        json = record.value.flatMap(OutputValue.init(json:))
    }
}

/// How a record that came differs from the one that was expected: a line for each field.
struct RecordDifference {
    private(set) var lines: [String] = []

    var isEmpty: Bool { lines.isEmpty }

    init(_ expected: TopologyTest.ExpectedRecord, _ came: ArrivedRecord) {
        let record = came.record
        if let key = expected.key { compareKey(key, record.key) }
        if let value = expected.value { compareValue(value, came) }
        if let bytes = expected.bytes, bytes != record.bytes {
            add(
                "value_base64", Data(bytes).base64EncodedString(),
                record.bytes.map { Data($0).base64EncodedString() })
        }
        if let timestamp = expected.timestamp, timestamp != record.timestamp {
            add("at", "\(timestamp)", "\(record.timestamp)")
        }
        for header in expected.headers where record.headers[header.name] != header.value {
            add(
                "headers.\(header.name)", JSONText.quoted(header.value),
                record.headers[header.name].map(JSONText.quoted))
        }
    }

    private mutating func add(_ path: String, _ expected: String, _ found: String?) {
        let found = found.map { "got \($0.shortened)" } ?? "it is not there"
        lines.append("\(path): expected \(expected.shortened), \(found)")
    }

    private mutating func compareKey(_ expected: ConfigurationValue, _ found: String?) {
        let text = expected.isScalar ? expected.text : nil
        if text != found {
            add(
                "key", text.map(JSONText.quoted) ?? "none", found.map(JSONText.quoted) ?? "none")
        }
    }

    private mutating func compareValue(_ expected: ConfigurationValue, _ came: ArrivedRecord) {
        let found = came.record.value
        if case .null = expected.content {
            if let found { add("value", "a tombstone", found) }
            return
        }
        guard let found else {
            add("value", JSONText.compact(expected), "a tombstone")
            return
        }
        if case .string(let text) = expected.content {
            if text != found { add("value", text, found) }
        } else if let json = came.json {
            compare(expected, json, at: "value")
        } else {
            add("value", JSONText.compact(expected), "what is not JSON: \(found)")
        }
    }

    private mutating func compare(
        _ expected: ConfigurationValue, _ found: OutputValue?, at path: String
    ) {
        if expected.isAbsentMark {
            if let found { lines.append("\(path): must not be there, got \(found.json.shortened)") }
            return
        }
        guard let found else {
            add(path, JSONText.compact(expected), nil)
            return
        }
        switch (expected.content, found) {
        case (.map(let entries), .object):
            for entry in entries {
                compare(entry.value, found[entry.key], at: "\(path).\(entry.key)")
            }
        case (.list(let values), .array(let elements)) where values.count == elements.count:
            for (index, (value, element)) in zip(values, elements).enumerated() {
                compare(value, element, at: "\(path)[\(index)]")
            }
        default:
            if !expected.equals(scalar: found) {
                add(path, JSONText.compact(expected), found.json)
            }
        }
    }
}

extension ConfigurationValue {
    /// `{ absent: true }`: the field must not be there.
    fileprivate var isAbsentMark: Bool {
        guard let entries, entries.count == 1, entries[0].key == "absent",
            case .boolean(true) = entries[0].value.content
        else { return false }
        return true
    }

    fileprivate func equals(scalar found: OutputValue) -> Bool {
        switch (content, found) {
        case (.null, .null): true
        case (.boolean(let expected), .boolean(let found)): expected == found
        case (.string(let expected), .string(let found)): expected == found
        case (.integer, .number(let found)), (.number, .number(let found)):
            NumberText(JSONText.compact(self)) == NumberText(found)
        default: false
        }
    }
}
