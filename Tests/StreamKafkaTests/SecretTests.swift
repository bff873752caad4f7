import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("Secrets")
struct SecretTests {
    static let secret = "hunter2-geheim"

    static let names = [
        "sasl.password", "consumer.sasl.password", "sasl.username", "ssl.key.password",
        "ssl.keystore.password", "ssl.key.pem", "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.extensions", "ssl.truststore.password",
    ]

    @Test("a secret property shows its name, never its value", arguments: names)
    func property(name: String) {
        let property = KafkaProperty(name: name, value: Self.secret)
        #expect(property.isSecret)
        #expect("\(property)" == "\(name)=***")
        var dumped = ""
        dump(KafkaSettings(properties: [property]), to: &dumped)
        let texts = [
            property.debugDescription, String(reflecting: [property]), dumped,
            "\(KafkaSettings(properties: [property]))",
            String(reflecting: KafkaCluster(KafkaSettings(properties: [property]))),
        ]
        for text in texts { #expect(!text.contains(Self.secret)) }
    }

    @Test(
        "what is no secret is shown",
        arguments: ["linger.ms", "sasl.mechanism", "sasl.oauthbearer.method", "ssl.ca.location"])
    func openProperty(name: String) {
        #expect("\(KafkaProperty(name: name, value: "x"))" == "\(name)=x")
    }

    @Test("no error shows the value of a secret property that is refused", arguments: names)
    func error(name: String) throws {
        let settings = KafkaSettings(
            "embedded",
            [
                name: Self.secret, "security.protocol": "sasl_ssl", "linger.ms": Self.secret,
                "isolation.level": Self.secret,
            ])
        let diagnostics = settings.validate()
        #expect(!diagnostics.isEmpty)
        #expect(!diagnostics.description.contains(Self.secret))
        let error = try clusterError { _ = try KafkaCluster(settings).makeConsumer(.test) }
        #expect(!"\(error)".contains(Self.secret))
    }

    @Test("no log line shows a secret, even when librdkafka prints its whole configuration")
    func logs() throws {
        let book = LogBook()
        let properties = [
            "debug": "all", "sasl.password": Self.secret, "sasl.username": "nobody-\(Self.secret)",
            "ssl.key.password": Self.secret, "sasl.mechanism": "PLAIN",
            "sasl.oauthbearer.config": "principal=\(Self.secret)",
        ]
        let cluster = TestCluster.embedded.connect(properties, log: book.handler)
        let consumer = try cluster.makeConsumer(.test)
        let producer = try cluster.makeProducer(.test)
        _ = try cluster.describeTopics(["t"])
        _ = try consumer.wait(timeout: .zero)
        try producer.poll(timeout: .zero)
        consumer.close()
        producer.close()
        #expect(book.all.count > 100)
        for line in book.all {
            #expect(!line.text.contains(Self.secret))
        }
    }
}
