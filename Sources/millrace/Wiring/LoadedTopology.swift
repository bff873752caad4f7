internal import Events
internal import Foundation
internal import Logging
internal import Operators
internal import StreamCore
internal import StreamEngine
internal import StreamKafka
internal import StreamState
internal import TopologyFiles

/// A topology file that was read and checked in full, and what is made from it.
struct LoadedTopology {
    let file: TopologyFile
    let plan: TopologyPlan
    let kafka: KafkaSettings

    /// - Throws: everything that is wrong with the file, its graph and its Kafka properties.
    init(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        openRegistry: @escaping SchemaRegistryOpening = SchemaRegistries.offline
    ) throws(Diagnostics) {
        file = try TopologyLoader(
            operators: .standard, environment: environment, openRegistry: openRegistry
        ).load(path)
        plan = try TopologyPlan(file.topology)
        kafka = KafkaSettings(
            properties: file.kafka.map {
                StreamKafka.KafkaProperty(name: $0.name, value: $0.value, location: $0.location)
            },
            location: file.bootstrapServers.location)
        let isCopartitioned = plan.subtopologies.contains { $0.sourceTopics.count > 1 }
        var wrong = kafka.validate(isCopartitioned: isCopartitioned)
        wrong.append(contentsOf: Diagnostics(exactlyOnceDiagnostics + changelogDiagnostics))
        guard wrong.isEmpty else { throw Diagnostics(wrong.sorted) }
    }

    /// What speaks against the guarantee, with the properties as they are.
    private var exactlyOnceDiagnostics: [Diagnostic] {
        let processing = file.processing
        guard processing.guarantee == .exactlyOnce else { return [] }
        return kafka.exactlyOnceDiagnostics(
            at: file.guaranteeLocation, commitInterval: processing.commitInterval,
            at: file.commitIntervalLocation)
    }

    /// What speaks against changelogs, with the properties as they are.
    private var changelogDiagnostics: [Diagnostic] {
        guard file.processing.changelog == .kafka else { return [] }
        return kafka.changelogDiagnostics(
            at: file.changelogLocation,
            standbyAt: file.processing.standbyReplicas > 0 ? file.standbyReplicasLocation : nil)
    }

    var engineSettings: EngineSettings {
        let processing = file.processing
        return EngineSettings(
            guarantee: processing.guarantee == .exactlyOnce ? .exactlyOnce : .atLeastOnce,
            changelog: processing.changelog == .kafka ? .kafka : .none,
            standbyReplicas: processing.standbyReplicas,
            threads: processing.threads, commitInterval: processing.commitInterval,
            brokerTimeout: processing.brokerTimeout, shutdownGrace: processing.shutdownGrace,
            maxTaskIdle: processing.maxTaskIdle, revocationLimit: kafka.maxPollInterval / 5,
            instance: kafka.instance)
    }

    func cluster(log: Logger) -> KafkaCluster {
        KafkaCluster(kafka, requestTimeout: min(file.processing.brokerTimeout, .seconds(30))) {
            line in
            log.log(
                level: Self.level(line.level), "\(line.text)",
                metadata: ["client": "\(line.client)"])
        }
    }

    private static func level(_ level: KafkaLog.Level) -> Logger.Level {
        switch level {
        case .emergency, .alert, .critical: .critical
        case .error: .error
        case .warning: .warning
        case .notice: .notice
        case .information: .info
        case .debug: .debug
        }
    }

    func storage(in directory: String) -> SQLiteStateStorage {
        SQLiteStateStorage(
            root: directory, application: file.application,
            cacheByteLimit: file.processing.cacheSize,
            tracksChanges: file.processing.guarantee == .exactlyOnce
                || file.processing.changelog == .kafka)
    }

    static func wallClock() -> Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}
