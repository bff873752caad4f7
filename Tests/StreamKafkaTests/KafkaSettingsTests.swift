import Foundation
import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The kafka: section of a topology")
struct KafkaSettingsTests {
    @Test("properties that librdkafka takes are passed through without a word")
    func validSettings() {
        let settings = KafkaSettings(
            "broker-1:9092, broker-2:9093",
            [
                "linger.ms": "20", "compression.type": "zstd", "fetch.min.bytes": "1024",
                "session.timeout.ms": "10000", "consumer.client.rack": "a",
                "producer.batch.size": "100000", "enable.auto.commit": "false", "acks": "-1",
                "partitioner": "murmur2", "security.protocol": "ssl",
            ])
        #expect(settings.validate().description == "")
        #expect(!settings.isEmbedded)
    }

    @Test(
        "a name that librdkafka doesn't know is reported once, with its line and the nearest name")
    func unknownName() {
        let diagnostics = KafkaSettings("b:9092", ["linger.m": "5"]).validate()
        #expect(
            diagnostics.description == """
                app.yaml:3:3: error: librdkafka refuses 'linger.m': No such configuration \
                property: "linger.m"; did you mean 'linger.ms'?
                """)
    }

    @Test("every wrong property is reported, in the order of the file")
    func allAtOnce() {
        let diagnostics = KafkaSettings(
            "b:9092",
            [
                "acks": "1", "fetch.min.bytes": "many", "linger.ms": "-1",
                "isolation.level": "perfect", "zzz": "1", "consumer.linger.ms": "5",
            ]
        ).validate()
        #expect(diagnostics.sorted.map(\.location.line) == [2, 4, 5, 6, 7, 8])
        let text = diagnostics.description
        #expect(text.contains("'fetch.min.bytes'"))
        #expect(text.contains("Invalid value \"perfect\" for configuration property"))
        #expect(text.contains("'linger.ms' is a producer property, not one of the consumer"))
        #expect(text.contains("outside allowed range"))
    }

    @Test(
        "a value that would break a promise of Millrace is refused with the reason",
        arguments: [
            ("enable.auto.commit", "true", "commits offsets itself"),
            ("consumer.enable.auto.commit", "TRUE", "commits offsets itself"),
            ("auto.commit.enable", "1", "commits offsets itself"),
            ("enable.auto.offset.store", "true", "commits offsets itself"),
            ("enable.partition.eof", "false", "read a partition to its end"),
            ("group.id", "mine", "change 'application'"),
            ("partitioner", "consistent_random", "where Java producers put them"),
            ("acks", "1", "safe on all in-sync replicas"),
            ("request.required.acks", "0", "safe on all in-sync replicas"),
            ("delivery.report.only.error", "true", "counts what was delivered"),
            ("transactional.id", "t", "choose 'processing.guarantee'"),
        ])
    func conflictingValue(name: String, value: String, reason: String) throws {
        let settings = KafkaSettings("b:9092", [name: value])
        let diagnostic = try #require(settings.validate().sorted.first)
        #expect(diagnostic.message.contains("'\(name)'"))
        #expect(diagnostic.message.contains(reason))
        let line = name < "bootstrap.servers" ? 2 : 3
        #expect(diagnostic.location == SourceLocation(file: "app.yaml", line: line, column: 3))
        #expect(diagnostic.remedy == "leave it out")
    }

    @Test("a combination that doesn't go together is refused at the user's line")
    func conflictingCombination() throws {
        let settings = KafkaSettings("b:9092", ["max.in.flight": "6"])
        let diagnostic = try #require(settings.validate().sorted.first)
        #expect(diagnostic.message.contains("enable.idempotence"))
        #expect(diagnostic.location.line == 3)
    }

    @Test("without idempotence only one request may be in flight, so that a key keeps its order")
    func orderWithoutIdempotence() throws {
        #expect(KafkaSettings("b:9", ["enable.idempotence": "false"]).validate().isEmpty)
        let settings = KafkaSettings(
            "b:9", ["enable.idempotence": "false", "producer.max.in.flight": "5"])
        let diagnostic = try #require(settings.validate().sorted.first)
        #expect(diagnostic.message.contains("would change the order of a key's records"))
        #expect(diagnostic.location.line == 4)
    }

    @Test("co-partitioned topics need the range strategy; others may have any")
    func assignmentStrategy() throws {
        let settings = KafkaSettings(
            "b:9", ["partition.assignment.strategy": "cooperative-sticky"])
        #expect(settings.validate().isEmpty)
        let diagnostic = try #require(settings.validate(isCopartitioned: true).sorted.first)
        #expect(diagnostic.message.contains("must be 'range'"))
        let range = KafkaSettings("b:9", ["partition.assignment.strategy": "range"])
        #expect(range.validate(isCopartitioned: true).isEmpty)
    }

    @Test("the way to the cluster must be there")
    func missingBootstrap() throws {
        let diagnostic = try #require(KafkaSettings(nil).validate().sorted.first)
        #expect(
            diagnostic.description == """
                app.yaml:1:1: error: 'bootstrap.servers' is missing; name a broker as host:port, \
                or write 'embedded'
                """)
    }

    @Test(
        "a broker is host:port, with IPv6 in brackets, with or without scheme",
        arguments: [
            ("b:9092", true), ("b", true), ("b1:1,b2:2", true), ("[::1]:9092", true),
            ("ssl://b:9093", true), ("", false), ("b:", false), ("b:0", false), ("b:99999", false),
            ("b:9092,", false), ("a b:9092", false), ("::1:9092", false), ("b:port", false),
        ])
    func brokerAddress(text: String, isValid: Bool) {
        let diagnostics = KafkaSettings(text).validate()
        #expect(diagnostics.isEmpty == isValid, "\(diagnostics)")
    }

    @Test("validation runs no kinit and asks for no token")
    func validationStaysAtHome() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: unique("kinit"))
        let settings = KafkaSettings(
            "b:9",
            [
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.kerberos.kinit.cmd": "touch \(file.path)",
            ])
        #expect(settings.validate().description == "")
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("every name that is known here is known to librdkafka, so that no remedy misleads")
    func catalogue() {
        let names = PropertyCatalogue.names.subtracting(["bootstrap.servers"])
        let settings = KafkaSettings(
            "b:9", Dictionary(uniqueKeysWithValues: names.map { ($0, "\u{1}") }))
        let unknown = settings.validate().sorted.filter {
            $0.message.contains("No such configuration property")
        }
        #expect(unknown == [])
    }

    @Test("the embedded cluster is asked for by name")
    func embedded() {
        #expect(KafkaSettings("embedded").isEmbedded)
        #expect(KafkaSettings("embedded").validate().isEmpty)
        #expect(!KafkaSettings("embedded:9092").isEmbedded)
    }

    @Test("a client of wrong settings is refused with librdkafka's reason and the line")
    func wrongClient() throws {
        let cluster = KafkaCluster(KafkaSettings("embedded", ["linger.m": "5"]))
        let errors = [
            try clusterError { _ = try cluster.makeConsumer(.test) },
            try clusterError { _ = try cluster.makeProducer(.test) },
            try clusterError { _ = try cluster.describeTopics(["t"]) },
        ]
        for error in errors {
            #expect(error.kind == .configuration)
            #expect(error.subject == "linger.m")
            #expect(error.reason.hasPrefix("app.yaml:3:3: librdkafka refuses 'linger.m'"))
        }
    }

    @Test("a consumer of co-partitioned topics refuses another strategy")
    func wrongStrategy() throws {
        let cluster = KafkaCluster(
            KafkaSettings("embedded", ["partition.assignment.strategy": "roundrobin"]))
        let error = try clusterError {
            _ = try cluster.makeConsumer(
                ConsumerSettings(group: "g", clientID: "c", isCopartitioned: true))
        }
        #expect(error.kind == .configuration)
        #expect(error.subject == "partition.assignment.strategy")
    }

    @Test("a producer's properties don't make a consumer complain, nor the other way round")
    func sidesAreKeptApart() throws {
        let book = LogBook()
        let cluster = TestCluster.embedded.connect(
            ["linger.ms": "1", "fetch.min.bytes": "1", "acks": "all"], log: book.handler)
        let consumer = try cluster.makeConsumer(.test)
        let producer = try cluster.makeProducer(.test)
        _ = try cluster.describeTopics(["nothing"])
        consumer.close()
        producer.close()
        #expect(book.all.filter { $0.level >= .warning } == [])
    }
}

extension ConsumerSettings {
    static var test: ConsumerSettings {
        ConsumerSettings(group: unique("group"), clientID: "test", isCopartitioned: false)
    }
}

extension ProducerSettings {
    static var test: ProducerSettings { ProducerSettings(clientID: "test") }
}
