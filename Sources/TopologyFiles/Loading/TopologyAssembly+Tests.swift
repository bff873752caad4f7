internal import Events
internal import Foundation
internal import StreamCore

// MARK: - Tests

extension TopologyAssembly {
    mutating func tests(in root: ConfigurationValue, of topology: Topology) -> [TopologyTest] {
        guard case .list(let values)? = root["tests"]?.content else { return [] }
        return values.filter { $0.entries != nil }.map { test(in: $0, of: topology) }
    }

    private mutating func test(
        in value: ConfigurationValue, of topology: Topology
    ) -> TopologyTest {
        let value = value.corrected(as: TopologyTestFormat.testFields)
        let sources = topology.sources.flatMap(\.topics)
        let sinks = topology.sinks.map(\.topic)
        var steps: [TopologyTest.Step] = []
        if case .list(let given)? = value["given"]?.content {
            for (index, step) in given.enumerated() where step.entries != nil {
                let step = step.corrected(as: TopologyTestFormat.stepFields)
                if let step = self.step(in: step, named: "given[\(index)]", topics: sources) {
                    steps.append(step)
                }
            }
        }
        let expectations = (value["then"]?.entries ?? []).map { entry in
            checkTopic(entry.key, isOneOf: sinks, ofWhat: "sink", at: entry.keyLocation)
            return expectation(in: entry)
        }
        return TopologyTest(
            name: value["name"]?.text ?? "", steps: steps, expectations: expectations,
            location: value.location)
    }

    private mutating func checkTopic(
        _ topic: String, isOneOf known: [String], ofWhat what: String, at location: SourceLocation
    ) {
        if !known.contains(topic), !known.isEmpty {
            report(
                "no \(what) has the topic '\(topic)'", at: location,
                remedy: NearestName.remedy(for: topic, known: known))
        }
    }
}

// MARK: - What is given

extension TopologyAssembly {
    private mutating func step(
        in value: ConfigurationValue, named name: String, topics: [String]
    ) -> TopologyTest.Step? {
        let kinds = ["topic", "advance", "end"].filter { value[$0] != nil }
        guard let kind = kinds.first, kinds.count == 1 else {
            report(
                kinds.isEmpty
                    ? "'\(name)' is neither a record nor a step of time"
                    : "'\(name)' has " + kinds.map { "'\($0)'" }.joined(separator: " and "),
                at: value.location, remedy: "write one of 'topic', 'advance' and 'end'")
            return nil
        }
        if kind == "topic" { return .record(record(in: value, named: name, topics: topics)) }
        for entry in value.entries ?? [] where entry.key != kind && isOfRecord(entry.key) {
            report(
                "'\(name)' has '\(kind)' and '\(entry.key)', which a record has",
                at: entry.keyLocation, remedy: "make two steps of it")
        }
        var from = settings(name, in: value)
        if kind == "advance" { return .advance(from.duration(kind, default: .zero)) }
        if let end = value["end"], case .boolean(false) = end.content {
            report("'end' can only be true", at: end.location, remedy: "leave it out")
        }
        return .end
    }

    private func isOfRecord(_ key: String) -> Bool {
        TopologyTestFormat.recordFields.contains { $0.name == key }
    }

    private mutating func record(
        in value: ConfigurationValue, named name: String, topics: [String]
    ) -> TopologyTest.Record {
        let topic = value["topic"].flatMap { $0.isScalar ? $0 : nil }
        if let topic {
            checkTopic(topic.text, isOneOf: topics, ofWhat: "source", at: topic.location)
        }
        checkKey(of: value)
        let bytes = base64(in: value)
        if value["value"] == nil, value["value_base64"] == nil {
            report(
                "'\(name)' needs 'value'", at: value.location,
                remedy: "write a map, a text, or null for a tombstone")
        }
        return TopologyTest.Record(
            topic: topic?.text ?? "", key: value["key"].flatMap { $0.isScalar ? $0.text : nil },
            value: value["value"].flatMap(text), bytes: bytes, arrival: arrival(in: value),
            headers: headers(in: value), location: value.location)
    }

    /// The bytes that 'value_base64' gives.
    private mutating func base64(in record: ConfigurationValue) -> [UInt8]? {
        guard let text = record["value_base64"] else { return nil }
        if record["value"] != nil {
            report(
                "a record has both 'value' and 'value_base64'", at: text.location,
                remedy: "keep one")
        }
        guard let bytes = Data(base64Encoded: text.text) else {
            report("'value_base64' is no base64", at: text.location)
            return nil
        }
        return Array(bytes)
    }

    private func text(of value: ConfigurationValue) -> String? {
        switch value.content {
        case .null: nil
        case .string(let text): text
        default: JSONText.compact(value)
        }
    }

    private mutating func checkKey(of record: ConfigurationValue) {
        guard let key = record["key"], !key.isScalar else { return }
        if case .null = key.content { return }
        report("'key' must be a text or null, not \(key.kindName)", at: key.location)
    }

    private mutating func arrival(in value: ConfigurationValue) -> TopologyTest.Arrival {
        guard let at = value["at"], at.isScalar else { return .unstated }
        if at.text.hasPrefix("+") {
            guard let duration = DurationText.parse(String(at.text.dropFirst())) else {
                report(
                    "'at' is not a duration: '\(at.text)'", at: at.location,
                    remedy: "write '+' and a duration, such as +30s or +5m")
                return .unstated
            }
            return .after(duration)
        }
        return timestamp(at, remedy: "write 2024-03-01T10:00:00Z, or +30s").map { .at($0) }
            ?? .unstated
    }

    private mutating func timestamp(
        _ value: ConfigurationValue, remedy: String
    ) -> Timestamp? {
        guard let timestamp = Timestamp(iso8601: value.text) else {
            report(
                "'at' is not a time: '\(value.text)'", at: value.location, remedy: remedy)
            return nil
        }
        return timestamp
    }

    private func headers(in value: ConfigurationValue) -> [TopologyTest.Header] {
        (value["headers"]?.entries ?? []).map { entry in
            TopologyTest.Header(
                name: entry.key, value: entry.value.text, location: entry.keyLocation)
        }
    }
}

// MARK: - What is expected

extension TopologyAssembly {
    private mutating func expectation(
        in entry: ConfigurationValue.Entry
    ) -> TopologyTest.Expectation {
        var mode = TopologyTest.Expectation.Mode.exactly
        var value = entry.value
        if value.entries != nil {
            check.check(value, against: TopologyTestFormat.containsFields, in: entry.key)
            mode = .contains
            value = value.corrected(as: TopologyTestFormat.containsFields)["contains"] ?? value
        } else {
            check.check(
                value, is: .list(.object(TopologyTestFormat.expectedFields)), named: entry.key)
        }
        var records: [TopologyTest.ExpectedRecord] = []
        if case .list(let values) = value.content { records = values.map { expected(in: $0) } }
        return TopologyTest.Expectation(
            topic: entry.key, mode: mode, records: records, location: entry.keyLocation)
    }

    private mutating func expected(in value: ConfigurationValue) -> TopologyTest.ExpectedRecord {
        let value = value.corrected(as: TopologyTestFormat.expectedFields)
        checkKey(of: value)
        let at = value["at"].flatMap { $0.isScalar ? $0 : nil }
        return TopologyTest.ExpectedRecord(
            key: value["key"], value: value["value"], bytes: base64(in: value),
            timestamp: at.flatMap { timestamp($0, remedy: "write 2024-03-01T10:00:00Z") },
            headers: headers(in: value), location: value.location)
    }
}
