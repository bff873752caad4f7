internal import Avro
internal import Events
internal import JSONSchema
internal import StreamCore

/// How records name their schemas, and where those are found.
struct ParseSchemas: Sendable {
    enum Framing: String, CaseIterable {
        /// The value is the document.
        case none
        /// A zero byte and the schema's id in four bytes stand in front of it.
        case confluent
    }

    var framing: Framing
    /// Avro: how to read records that do not name their schema.
    private(set) var plan: DecodingPlan?
    /// Avro: the schema that events are to have; `nil` leaves each as it was written.
    private(set) var reader: AvroSchema?
    /// Where ids lead; only for Avro.
    private(set) var source: (any SchemaSource)?
    /// The field that tells by which schema the event was read.
    let lineageField: FieldPath?
    /// What it tells when records do not name their schemas.
    private(set) var lineage: [UInt8] = []

    init(_ configuration: inout Configuration, format: ParseSettings.Format) {
        framing = configuration.choice("framing", default: format == .avro ? .confluent : .none)
        lineageField = configuration.fieldPath("lineage")
        if format == .avro {
            readAvro(&configuration)
        } else {
            refuseAvroKeys(&configuration)
        }
        let isSeveral = format == .ndjson || format == .csv
        if isSeveral, framing == .confluent, let found = configuration.value["framing"] {
            configuration.report(
                "a record of 'format: \(format.rawValue)' names no schema", at: found.location,
                remedy: "remove 'framing'")
        }
        if framing == .none, format != .avro, let found = configuration.value["lineage"] {
            configuration.report(
                "'lineage' tells a schema, and the records have none", at: found.location,
                remedy: "remove it, or set 'framing: confluent'")
        }
    }

    private func refuseAvroKeys(_ configuration: inout Configuration) {
        for key in ["schema", "writer_schema", "registry"] {
            guard let found = configuration.value[key] else { continue }
            configuration.report(
                "'\(key)' is only for 'format: avro'", at: found.location,
                remedy: "remove it, or set the format")
        }
    }

    private mutating func readAvro(_ configuration: inout Configuration) {
        let wanted = configuration.avroSchema("schema")
        let written = configuration.avroSchema("writer_schema")
        reader = wanted?.schema
        switch framing {
        case .confluent:
            source = configuration.registry("registry")
            if let found = configuration.value["writer_schema"] {
                configuration.report(
                    "'writer_schema' is for records that do not name theirs", at: found.location,
                    remedy: "remove it, or set 'framing: none'")
            }
        case .none:
            let writer = written?.schema ?? wanted?.schema
            if let found = configuration.value["registry"] {
                configuration.report(
                    "'registry' is for 'framing: confluent'", at: found.location,
                    remedy: "remove it")
            }
            guard let writer else {
                if configuration.value["schema"] == nil {
                    configuration.report(
                        "'schema' is missing: without framing the records do not name theirs",
                        remedy: "name an Avro schema file")
                }
                return
            }
            lineage = Self.lineage(
                configuration.string(written == nil ? "schema" : "writer_schema") ?? "",
                (written ?? wanted)?.version ?? "")
            do {
                plan = try DecodingPlan(writer: writer, reader: reader)
            } catch {
                configuration.report(
                    "what 'writer_schema' says can't be read as 'schema': \(error)",
                    at: configuration.value["schema"]?.location)
            }
        }
    }

    private static func lineage(_ file: String, _ version: String) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append("{\"schema\":")
        buffer.append(jsonString: file)
        buffer.append(",\"version\":")
        buffer.append(jsonString: version)
        buffer.append("}")
        return unsafe Array(buffer.bytes)
    }
}

extension Configuration {
    /// The Avro schema of a file that a setting names, and the version of its text.
    mutating func avroSchema(_ key: String) -> (schema: AvroSchema, text: [UInt8], version: String)?
    {
        guard let file = string(key) else { return nil }
        let location = value[key]?.location
        do {
            let text = try readFile(file)
            let version = String(SHA256.hexadecimal(of: text).prefix(16))
            return (try AvroSchema(text), text, version)
        } catch let problem as AvroSchemaProblem {
            report("the schema '\(file)' can't be used: \(problem)", at: location)
        } catch {
            report("the schema '\(file)' can't be read: \(error)", at: location)
        }
        return nil
    }

    /// The registry that a setting names; without the setting the only one that there is.
    mutating func registry(_ key: String) -> (any SchemaSource)? {
        let known = registries.keys.sorted()
        guard let name = string(key) else {
            if known.count == 1 { return registries[known[0]] }
            report(
                known.isEmpty
                    ? "there is no schema registry" : "'\(key)' must say which schema registry",
                remedy: known.isEmpty
                    ? "declare one under 'schema_registries'"
                    : "write one of: \(known.joined(separator: ", "))")
            return nil
        }
        if let found = registries[name] { return found }
        report(
            "there is no schema registry '\(name)'", at: value[key]?.location,
            remedy: NearestName.remedy(for: name, known: known))
        return nil
    }
}
