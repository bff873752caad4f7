internal import Events
internal import Operators
internal import StreamCore

// MARK: - Sources and sinks

extension TopologyAssembly {
    mutating func sources(in root: ConfigurationValue) -> [Topology.Source] {
        entries(of: "sources", in: root).map { entry in
            source(entry.corrected(as: TopologyFormat.sourceFields))
        }
    }

    mutating func sinks(in root: ConfigurationValue) -> [Topology.Sink] {
        let entries = entries(of: "sinks", in: root).map {
            $0.corrected(as: TopologyFormat.sinkFields)
        }
        let topics = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
        return entries.map { entry in
            checkTopic(entry.key, at: entry.keyLocation)
            var from = settings(entry.key, in: entry.value)
            let key = from.fieldPath("key")
            let format = SinkFormatSettings.make(&from, topic: entry.key)
            for diagnostic in from.diagnostics.all { check.report(diagnostic) }
            let policy = errorPolicy(of: entry.value, topics: topics)
            return Topology.Sink(
                topic: entry.key, inputs: inputs(of: entry), key: key, format: format,
                errorPolicy: policy, location: entry.keyLocation)
        }
    }

    /// The entries of a part that the file must have, and that must not be empty.
    mutating func entries(
        of part: String, in root: ConfigurationValue
    ) -> [ConfigurationValue.Entry] {
        guard let value = root[part], let entries = value.entries else { return [] }
        if entries.isEmpty {
            report("'\(part)' is empty", at: value.location, remedy: "name at least one")
        }
        return entries
    }

    /// What an operator or a sink reads.
    mutating func inputs(of entry: ConfigurationValue.Entry) -> [StreamReference] {
        var inputs: [StreamReference] = []
        for value in settings(entry.key, in: entry.value).values("from") where value.isScalar {
            let input = StreamReference(value.text, at: value.location)
            if inputs.contains(input) {
                report(
                    "'from' names '\(input)' twice", at: value.location,
                    remedy: "each record would be taken twice; name it once")
            } else {
                inputs.append(input)
            }
        }
        if inputs.isEmpty { broken.insert(entry.keyLocation) }
        return inputs
    }

    mutating func checkName(_ entry: ConfigurationValue.Entry, of what: String) {
        if !NodeName.isValid(entry.key) {
            broken.insert(entry.keyLocation)
            report(
                "'\(entry.key)' can't be the name of \(what)", at: entry.keyLocation,
                remedy: "use up to \(TopicName.maximumPartLength) letters, digits, '_' and '-'")
        }
    }

    private mutating func source(_ entry: ConfigurationValue.Entry) -> Topology.Source {
        checkName(entry, of: "a source")
        var from = settings(entry.key, in: entry.value)
        let broadcast = entry.value["broadcast"].flatMap { Topology.Broadcast(rawValue: $0.text) }
        for key in ["watermark", "key"] {
            guard broadcast != nil, let value = entry.value[key] else { continue }
            report(
                "'\(key)' has no meaning for a broadcast source, which does not move the clock and "
                    + "goes to every task",
                at: value.location, remedy: "take it out")
        }
        return Topology.Source(
            name: entry.key, topics: topics(of: entry), timestamp: from.fieldPath("timestamp"),
            key: from.fieldPath("key"), watermark: watermark(in: entry.value),
            broadcast: broadcast, location: entry.keyLocation)
    }

    private mutating func topics(of entry: ConfigurationValue.Entry) -> [String] {
        let from = settings(entry.key, in: entry.value)
        if let topic = entry.value["topic"], entry.value["topics"] != nil {
            report(
                "'sources.\(entry.key)' has both 'topic' and 'topics'", at: topic.location,
                remedy: "list all of them under 'topics'")
        }
        let values = (from.values("topics") + from.values("topic")).filter(\.isScalar)
        var topics: [String] = []
        for value in values where !topics.contains(value.text) {
            checkTopic(value.text, at: value.location)
            topics.append(value.text)
        }
        if topics.isEmpty {
            broken.insert(entry.keyLocation)
            reportMissingTopics(of: entry)
        }
        return topics
    }

    /// An entry that is no map, and topics that are no text, were reported already.
    private mutating func reportMissingTopics(of entry: ConfigurationValue.Entry) {
        let value = entry.value
        guard value.entries != nil, value["topic"] == nil, value["topics"] == nil else { return }
        report(
            "'sources.\(entry.key)' needs 'topics'", at: value.location,
            remedy: "write 'topics: [NAME]' with the topics to read")
    }

    private mutating func checkTopic(_ name: String, at location: SourceLocation) {
        if !TopicName.isValid(name) {
            report(
                "'\(name)' can't be the name of a topic", at: location,
                remedy: "Kafka takes up to \(TopicName.maximumLength) letters, digits, '.', '_' "
                    + "and '-'")
        }
    }

    private func watermark(in source: ConfigurationValue) -> WatermarkSettings {
        var from = settings("watermark", in: source["watermark"])
        var watermark = WatermarkSettings()
        watermark.outOfOrderness = from.duration(
            "out_of_orderness", default: watermark.outOfOrderness)
        watermark.idleAfter = from.duration("idle_after", default: watermark.idleAfter)
        watermark.whenIdle =
            from.string("when_idle").flatMap(WatermarkSettings.IdlePolicy.init) ?? .hold
        watermark.aheadLimit = from.duration("ahead_limit", default: watermark.aheadLimit)
        return watermark
    }
}

extension ConfigurationValue.Entry {
    fileprivate func corrected(as fields: [FieldSpec]) -> Self {
        Self(key: key, keyLocation: keyLocation, value: value.corrected(as: fields))
    }
}
