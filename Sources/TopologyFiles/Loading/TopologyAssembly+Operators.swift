internal import Events
internal import Operators
internal import StreamCore

// MARK: - Operators

extension TopologyAssembly {
    mutating func nodes(in root: ConfigurationValue) -> [Topology.Node] {
        let entries = entries(of: "operators", in: root)
        let outputs = referencedOutputs(in: root)
        var schemas = EventSchemas(entries, operators)
        return entries.map { entry in
            checkName(entry, of: "an operator")
            return node(
                entry, referencedOutputs: outputs[entry.key] ?? [],
                eventSchema: schemas.schema(before: entry))
        }
    }

    private mutating func node(
        _ entry: ConfigurationValue.Entry, referencedOutputs: [String], eventSchema: String?
    ) -> Topology.Node {
        let part = "operators.\(entry.key)"
        let meant = ConfigurationValue.Entry(
            key: entry.key, keyLocation: entry.keyLocation, value: checkedKeys(of: entry, in: part))
        let chosen = chooseOperator(in: meant.value, of: part)
        let policy = meant.value["on_error"].flatMap { ErrorPolicy(rawValue: $0.text) }
        let named = operatorKeys(of: entry.value)
        let definition = chosen.flatMap { chosen in
            make(
                chosen.spec, for: entry.key, from: chosen.settings, eventSchema: eventSchema,
                isCertain: named.count == 1)
        }
        return Topology.Node(
            name: entry.key, spec: chosen?.spec ?? .unknown(outputs: referencedOutputs),
            definition: definition ?? UnmadeOperator(), inputs: inputs(of: meant),
            namedInputs: chosen.map { namedInputs(of: meant, for: $0.spec) } ?? [],
            errorPolicy: policy ?? .deadLetter, location: entry.keyLocation)
    }

    /// Checks all of an entry but its operator. Returns it with misspelt keys as they were meant.
    private mutating func checkedKeys(
        of entry: ConfigurationValue.Entry, in part: String
    ) -> ConfigurationValue {
        guard let keys = entry.value.entries else {
            check.check(entry.value, against: TopologyFormat.operatorFields, in: part)
            return ConfigurationValue(.map([]), at: entry.value.location)
        }
        let named = operatorKeys(of: entry.value)
        let others = ConfigurationValue(
            .map(keys.filter { operators[$0.key] == nil }), at: entry.value.location)
        let common = KnownKeys(TopologyFormat.operatorFields)
        // What is misspelt beside an operator is not a second one.
        let known = named.isEmpty ? KnownKeys(TopologyFormat.operatorFields, operators.all) : common
        let meant = known.misspellings(in: others)
        let unknown = (others.entries ?? []).filter { !common.contains($0.key) }
        for key in unknown {
            check.reportUnknown(key, in: part, meant: meant[key.key], known: known.names)
        }
        if named.isEmpty, unknown.isEmpty {
            report(
                "'\(part)' has no operator", at: entry.value.location,
                remedy: "add one of: \(operators.names.sorted().joined(separator: ", "))")
        }
        let corrected = known.correcting(others).entries ?? []
        check.check(
            ConfigurationValue(
                .map(corrected.filter { common.contains($0.key) }), at: entry.value.location),
            against: TopologyFormat.operatorFields, in: part)
        return ConfigurationValue(.map(named + corrected), at: entry.value.location)
    }

    private func operatorKeys(of value: ConfigurationValue) -> [ConfigurationValue.Entry] {
        (value.entries ?? []).filter { operators[$0.key] != nil }
    }

    private mutating func chooseOperator(
        in value: ConfigurationValue, of part: String
    ) -> (spec: OperatorSpec, settings: ConfigurationValue)? {
        let named = operatorKeys(of: value)
        if named.count > 1 {
            let names = named.map { "'\($0.key)'" }.joined(separator: " and ")
            report(
                "'\(part)' has more than one operator: \(names)", at: named[1].keyLocation,
                remedy: "make an entry of each")
        }
        guard let first = named.first, let spec = operators[first.key] else { return nil }
        return (spec, first.value)
    }

    /// Makes the operator, when its settings are as its spec says, and when it was named by its
    /// very name and is the only one.
    private mutating func make(
        _ spec: OperatorSpec, for name: String, from value: ConfigurationValue,
        eventSchema: String?, isCertain: Bool
    ) -> (any OperatorDefinition)? {
        var value = value
        if case .null = value.content { value = ConfigurationValue(.map([]), at: value.location) }
        let before = check.diagnostics.all.count
        check.check(value, against: spec.fields, in: spec.name)
        guard check.diagnostics.all.count == before, isCertain else { return nil }
        var from = settings(name, in: value, eventSchema: eventSchema)
        let definition = spec.make(&from)
        for diagnostic in from.diagnostics.all { check.report(diagnostic) }
        if definition == nil, from.diagnostics.isEmpty {
            report("'\(spec.name)' can't be made from these settings", at: value.location)
        }
        return definition
    }

    /// What the named inputs of an operator read.
    private mutating func namedInputs(
        of entry: ConfigurationValue.Entry, for spec: OperatorSpec
    ) -> [StreamReference?] {
        let given = entry.value["with"]?.entries ?? []
        let known = spec.namedInputs.map(\.name)
        for input in given where !known.contains(input.key) {
            report(
                known.isEmpty
                    ? "'\(spec.name)' has no named inputs"
                    : "'\(spec.name)' has no input '\(input.key)'",
                at: input.keyLocation,
                remedy: known.isEmpty
                    ? "name what it reads under 'from'"
                    : NearestName.remedy(for: input.key, known: known))
        }
        return known.map { name in
            // What is misspelt is meant for the nearest, so that one mistake is told once.
            let meant =
                given.first { $0.key == name }
                ?? given.first {
                    !known.contains($0.key) && NearestName.find($0.key, in: known) == name
                }
            guard let value = meant?.value, value.isScalar else { return nil }
            return StreamReference(value.text, at: value.location)
        }
    }

    /// The outputs that the file reads, by operator.
    private func referencedOutputs(in root: ConfigurationValue) -> [String: [String]] {
        let readers = (root["operators"]?.entries ?? []) + (root["sinks"]?.entries ?? [])
        var outputs: [String: [String]] = [:]
        for reader in readers {
            let named = reader.value["with"]?.entries?.map(\.value) ?? []
            let read = settings(reader.key, in: reader.value).values("from") + named
            for value in read where value.isScalar {
                let reference = StreamReference(value.text)
                if let output = reference.output {
                    outputs[reference.node, default: []] += [output]
                }
            }
        }
        return outputs
    }
}

extension OperatorSpec {
    /// Stands for an operator that nobody knows, with every output that the file reads, so that
    /// the graph around it can be checked.
    fileprivate static func unknown(outputs: [String]) -> OperatorSpec {
        OperatorSpec(
            name: "unknown", summary: "", fields: [],
            sideOutputs: outputs.map { Output($0, "") }, example: "", make: { _ in nil })
    }
}

/// Stands for an operator that could not be made, so that the graph around it can be checked. A
/// file that holds one is refused, so no task ever runs it.
private struct UnmadeOperator: DecodingOperatorDefinition {
    func makeOperator() -> any Operator {
        preconditionFailure("a topology with diagnostics was run")
    }

    func makeDecoder(timestamp: FieldPath?) -> any RecordDecoder {
        preconditionFailure("a topology with diagnostics was run")
    }
}
