import StreamCore
import Testing
import TopologyFiles

@Suite("A variable in a topology file")
struct SubstitutionTests {
    private func text(_ yaml: String, _ environment: [String: String] = [:]) throws -> String {
        try Loading(environment: environment).value(yaml).text
    }

    @Test(
        "is filled in from the environment, or from its default",
        arguments: [
            ("${HOST}", "kafka"), ("${HOST}:${PORT}", "kafka:9092"),
            ("${USER:-guest}", "guest"), ("${EMPTY:-guest}", "guest"), ("x${EMPTY}y", "xy"),
            ("${HOST:-other}", "kafka"), ("${USER:-}", ""), ("${USER:-a:b-c d}", "a:b-c d"),
            ("'${HOST}'", "kafka"), ("\"${HOST}\\t\"", "kafka\t"), ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$${HOST}"), ("$HOST $ $", "$HOST $ $"), ("^a$", "^a$"),
            ("|\n  ${HOST}\n  ${PORT}\n", "kafka\n9092\n"),
        ])
    func isFilledIn(yaml: String, expected: String) throws {
        let environment = ["HOST": "kafka", "PORT": "9092", "EMPTY": ""]
        #expect(try text(yaml, environment) == expected)
    }

    @Test("has the type that its value would have, unless it is in single quotes or empty")
    func isTyped() throws {
        let environment = [
            "COUNT": "12", "RATIO": "0.5", "FLAG": "true", "NOTHING": "", "NULL": "null",
            "ZIP": "007", "YAML": "{a: 1}",
        ]
        func kind(_ yaml: String) throws -> String {
            try Loading(environment: environment).value(yaml).kindName
        }
        #expect(try kind("${COUNT}") == "an integer")
        #expect(try kind("1${COUNT}") == "an integer")
        #expect(try kind("${RATIO}") == "a number")
        #expect(try kind("${FLAG}") == "a boolean")
        #expect(try kind("\"${COUNT}\"") == "an integer")
        #expect(try kind("\"1${COUNT}\"") == "a string")
        #expect(try kind("'${COUNT}'") == "a string")
        #expect(try kind("${NOTHING}") == "a string")
        #expect(try kind("${NULL}") == "a string")
        #expect(try kind("${ZIP}") == "a string")
        #expect(try kind("${YAML}") == "a string")
        #expect(try kind("${OTHER:-3}") == "an integer")
    }

    @Test("can't be undefined or malformed, and is reported where it stands")
    func isReported() {
        let complaints = Loading().complaints(
            """
            application: shop
            kafka:
              bootstrap.servers: a:9092,${BROKER},b:9092
              sasl.username: "${USER NAME}"
              sasl.password: ${PASSWORD
              client.id: ${1ST}
              client.rack: ${RACK:-${ZONE}}
              ${KEY}: x
            processing: { commit_interval: "${INTERVAL}" }
            sources: { raw: { topic: "${TOPIC}" } }
            operators: { parsed: { parse: { format: "${FORMAT}" }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            """)
        #expect(
            complaints == [
                "shop.yaml:3:29: error: variable 'BROKER' is not set and has no default; "
                    + "set it, or write '${BROKER:-default}'",
                "shop.yaml:4:19: error: '${USER NAME}' names no variable; "
                    + "write '${NAME}' or '${NAME:-default}', or '$${' for '${' itself",
                "shop.yaml:5:18: error: '${' has no '}'; close it, or write '$${' for '${' itself",
                "shop.yaml:6:14: error: '${1ST}' names no variable; "
                    + "write '${NAME}' or '${NAME:-default}', or '$${' for '${' itself",
                "shop.yaml:7:16: error: the default of 'RACK' holds another '${'; "
                    + "write the default out",
                "shop.yaml:8:3: error: a key can't hold '${'; "
                    + "variables are filled in where values stand",
                "shop.yaml:9:33: error: variable 'INTERVAL' is not set and has no default; "
                    + "set it, or write '${INTERVAL:-default}'",
                "shop.yaml:10:27: error: variable 'TOPIC' is not set and has no default; "
                    + "set it, or write '${TOPIC:-default}'",
                "shop.yaml:11:42: error: variable 'FORMAT' is not set and has no default; "
                    + "set it, or write '${FORMAT:-default}'",
            ])
    }

    @Test("never shows its value in a message, but what the file says")
    func isNotShown() {
        let secret = "hunter2!secret"
        let loading = Loading(environment: ["SECRET": secret, "PIN": "47"])
        let complaints = loading.complaints(
            """
            application: ${SECRET}
            processing:
              commit_interval: ${SECRET}
              threads: ${SECRET}
              cache_size: x${SECRET}y
              broker_timeout: ${PIN}
            sources: { raw: { topic: "${SECRET}", timestamp: "a[${SECRET}" } }
            operators:
              parsed: { parse: { format: "${SECRET}" }, from: "${SECRET}" }
              windowed:
                from: parsed.${SECRET}
                on_error: ${SECRET}
                window: { key: a, gap: "${PIN}s", grace: "${PIN}m" }
              valid: { validate: { schema: "schemas/${SECRET}.json" }, from: windowed }
            sinks: { out: { from: "${SECRET}", key: "[${SECRET}]" } }
            tests:
              - name: x
                given: [ { topic: "${SECRET}", value: {}, at: "${SECRET}" } ]
                then: {}
            """)
        #expect(complaints.count == 19)
        for complaint in complaints { #expect(!complaint.contains(secret), "\(complaint)") }
        #expect(
            complaints.contains(
                "shop.yaml:3:20: error: 'commit_interval' is not a duration: '${SECRET}'; "
                    + "write a number and a unit, such as 500ms, 30s, 10m, 24h or 7d"))
        #expect(
            complaints.contains(
                "shop.yaml:5:15: error: 'cache_size' is not a size: 'x${SECRET}y'; "
                    + "write a number and a unit, such as 64KiB, 8MiB or 1GB"))
        #expect(
            complaints.contains(
                "shop.yaml:6:19: error: 'broker_timeout' is not a duration: '${PIN}'; "
                    + "write a number and a unit, such as 500ms, 30s, 10m, 24h or 7d"))
    }

    @Test("hides its value in whatever is said about the file later")
    func hidesLater() throws {
        let loading = Loading(environment: ["PASSWORD": "opensesame", "THREADS": "2"])
        let file = try loading.load(
            """
            application: shop
            kafka: { sasl.password: "${PASSWORD}", client.id: "me-${PASSWORD}" }
            processing: { threads: "${THREADS}" }
            sources: { raw: { topic: clicks } }
            operators: { parsed: { parse: { format: json }, from: raw, on_error: drop } }
            sinks: { out: { from: parsed } }
            """)
        #expect(file.kafka.map(\.value).contains("opensesame"))
        #expect(file.processing.threads == 2)
        let shown = file.substitutions.redact("bad 'opensesame' of me-opensesame, 2 times")
        #expect(shown == "bad '${PASSWORD}' of me-${PASSWORD}, 2 times")
        #expect(file.substitutions.redact("nothing to hide") == "nothing to hide")
    }
}
