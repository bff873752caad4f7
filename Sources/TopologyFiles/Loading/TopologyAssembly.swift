internal import Events
internal import Operators
internal import StreamCore

/// Makes a topology file out of the values of its YAML, and notes everything that is wrong.
///
/// A part that is wrong is replaced by something harmless, so that the rest, and the graph as a
/// whole, can still be checked. The result counts only when there are no diagnostics.
struct TopologyAssembly {
    let operators: OperatorRegistry
    let folder: TopologyFolder
    var check: SettingsCheck
    /// Entries whose inputs or topics could not be read; what the graph says about them follows
    /// from that.
    var broken: Set<SourceLocation> = []
    /// The schema registries of the file, by name.
    var registries: [String: any SchemaSource] = [:]
    let openRegistry: SchemaRegistryOpening

    private let environment: [String: String]

    init(
        operators: OperatorRegistry, folder: TopologyFolder, environment: [String: String] = [:],
        openRegistry: @escaping SchemaRegistryOpening
    ) {
        self.environment = environment
        self.operators = operators
        self.folder = folder
        self.openRegistry = openRegistry
        check = SettingsCheck(folder: folder)
    }

    var diagnostics: Diagnostics { check.diagnostics }

    mutating func file(
        from root: ConfigurationValue, path: String, substitutions: Substitutions
    ) -> TopologyFile {
        var root = withoutExtensions(root)
        check.check(root, against: TopologyFormat.parts, in: "the topology file")
        root = root.corrected(as: TopologyFormat.parts)
        openRegistries(in: root)
        var topology = Topology(
            application: application(in: root), sources: sources(in: root),
            operators: nodes(in: root), sinks: sinks(in: root))
        topology.hasControl = root["processing"]?["control"]?.text == "kafka"
        checkGraph(of: topology)
        return TopologyFile(
            path: path, kafka: kafkaProperties(in: root), processing: processing(in: root),
            guaranteeLocation: root["processing"]?["guarantee"]?.location ?? .none,
            commitIntervalLocation: root["processing"]?["commit_interval"]?.location ?? .none,
            changelogLocation: root["processing"]?["changelog"]?.location ?? .none,
            standbyReplicasLocation: root["processing"]?["standby_replicas"]?.location ?? .none,
            topology: topology, tests: tests(in: root, of: topology),
            substitutions: substitutions)
    }

    /// The settings of a part, for reading them; what is wrong with them was noted before.
    func settings(
        _ name: String, in value: ConfigurationValue?, eventSchema: String? = nil
    ) -> Configuration {
        let (folder, environment) = (folder, environment)
        return Configuration(
            name: name, value: value ?? ConfigurationValue(.map([]), at: .none),
            eventSchema: eventSchema, environment: { environment[$0] }, registries: registries,
            readFile: { try folder.read($0) })
    }

    mutating func report(
        _ message: String, at location: SourceLocation, remedy: String? = nil
    ) {
        check.report(Diagnostic(message, at: location, remedy: remedy))
    }

    private func withoutExtensions(_ root: ConfigurationValue) -> ConfigurationValue {
        guard let entries = root.entries else { return root }
        let known = entries.filter { !$0.key.hasPrefix(TopologyFormat.extensionPrefix) }
        return ConfigurationValue(.map(known), at: root.location)
    }

    /// A graph without sources, operators or sinks has been reported, and what else could be said
    /// about it follows from that.
    private mutating func checkGraph(of topology: Topology) {
        guard !topology.sources.isEmpty, !topology.operators.isEmpty, !topology.sinks.isEmpty
        else { return }
        do {
            _ = try TopologyPlan(topology)
        } catch {
            for diagnostic in error.all where !broken.contains(diagnostic.location) {
                check.report(diagnostic)
            }
        }
    }
}

// MARK: - The application, Kafka, processing

extension TopologyAssembly {
    private mutating func application(in root: ConfigurationValue) -> String {
        guard let value = root["application"], value.isScalar else { return "" }
        if !TopicName.isValid(value.text) || value.text.utf8.count > TopicName.maximumPartLength {
            report(
                "'\(value.text)' can't be the name of an application", at: value.location,
                remedy: "it names topics, a consumer group and a folder: use up to "
                    + "\(TopicName.maximumPartLength) letters, digits, '.', '_' and '-'")
        }
        return value.text
    }

    private func kafkaProperties(in root: ConfigurationValue) -> [KafkaProperty] {
        var properties = (root["kafka"]?.entries ?? []).map { entry in
            KafkaProperty(
                name: entry.key, value: entry.value.text, location: entry.value.location)
        }
        if !properties.contains(where: { $0.name == KafkaProperty.bootstrapServers }) {
            properties.insert(
                KafkaProperty(
                    name: KafkaProperty.bootstrapServers, value: KafkaProperty.embedded,
                    location: .none),
                at: 0)
        }
        return properties
    }

    private mutating func processing(in root: ConfigurationValue) -> ProcessingSettings {
        var from = settings("processing", in: root["processing"])
        var settings = ProcessingSettings()
        if let guarantee = root["processing"]?["guarantee"] {
            settings.guarantee =
                ProcessingSettings.Guarantee(rawValue: guarantee.text) ?? settings.guarantee
        }
        if let changelog = root["processing"]?["changelog"] {
            settings.changelog =
                ProcessingSettings.Changelog(rawValue: changelog.text) ?? settings.changelog
        }
        settings.standbyReplicas = Int(from.integer("standby_replicas", default: 0))
        if settings.standbyReplicas > 0, settings.changelog == .none,
            let place = root["processing"]?["standby_replicas"]?.location
        {
            report(
                "'standby_replicas' copies state from its changelogs, and there are none",
                at: place, remedy: "write 'changelog: kafka', or leave it out")
        }
        settings.commitInterval = from.duration("commit_interval", default: settings.commitInterval)
        settings.threads = Int(from.integer("threads", default: Int64(settings.threads)))
        settings.stateDirectory = from.string("state_directory") ?? settings.stateDirectory
        settings.cacheSize = from.size("cache_size", default: settings.cacheSize)
        settings.shutdownGrace = from.duration("shutdown_grace", default: settings.shutdownGrace)
        settings.brokerTimeout = from.duration("broker_timeout", default: settings.brokerTimeout)
        settings.maxTaskIdle = from.duration("max_task_idle", default: settings.maxTaskIdle)
        return settings
    }
}
