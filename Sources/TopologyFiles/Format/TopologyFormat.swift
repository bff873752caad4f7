internal import Operators
internal import StreamCore

/// The settings of a topology file that are not an operator's own.
///
/// The loader checks against them, and the JSON Schema is made from them.
enum TopologyFormat {
    /// Keys that begin so are passed over, so that a file has a place for its anchors.
    static let extensionPrefix = "x-"

    static let application = FieldSpec(
        "application", .string, required: true,
        "The name of the consumer group, the prefix of internal topics and the name of the state "
            + "folder.")

    static let kafka = FieldSpec(
        "kafka", .map(key: "librdkafka property", .string),
        "Any librdkafka property, passed through as it is. 'bootstrap.servers' defaults to "
            + "'embedded', a cluster inside the process. 'group.instance.id' gets the number of "
            + "the thread added, as in 'shop-a-0', because each thread is a member.")

    static let processing = FieldSpec(
        "processing", .object(processingFields), "How the topology runs.")

    static let processingFields = [
        FieldSpec(
            "guarantee", .choice(["at_least_once", "exactly_once"]), default: "at_least_once",
            "What a crash may do to outputs: 'at_least_once' may repeat some; with 'exactly_once' "
                + "whoever reads committed records finds each once."),
        FieldSpec(
            "changelog", .choice(ProcessingSettings.Changelog.allCases.map(\.rawValue)),
            default: "none",
            "Whether state outlives its machine: 'kafka' writes every change of state to compacted "
                + "topics, from which a task is restored elsewhere; with 'none' the state of a "
                + "machine's tasks is lost with its disk."),
        FieldSpec(
            "standby_replicas", .integer(0...16), default: "0",
            "How many other processes keep a copy of each task's state up to date, so that one of "
                + "them takes over at once; with 'changelog: kafka'."),
        FieldSpec(
            "commit_interval", .duration(allowsZero: false), default: "200ms",
            "How often state and offsets are committed. Under 'exactly_once' outputs can be read "
                + "from then on, and it must be below the transaction timeout."),
        FieldSpec(
            "control", .choice(["none", "kafka"]), default: "none",
            "Whether tasks obey commands, as 'millrace forget' writes them to the topic "
                + "APPLICATION-control; what they did goes to APPLICATION-receipts."),
        FieldSpec(
            "threads", .integer(1...256), default: "1", "Stream threads of one process."),
        FieldSpec(
            "state_directory", .string, default: ".millrace/state",
            "Where state is kept, relative to the working directory."),
        FieldSpec(
            "cache_size", .size, default: "64MiB",
            "Memory for the state of each task that has some: the write-back caches of all its "
                + "stores, and SQLite's pages. A process has a task for every partition that the "
                + "group gave it, whatever its threads."),
        FieldSpec(
            "shutdown_grace", .duration(allowsZero: false), default: "30s",
            "How long a stopping process may take to finish its batch, commit and leave."),
        FieldSpec(
            "broker_timeout", .duration(allowsZero: false), default: "60s",
            "How long the brokers may be away before the process ends with an error."),
        FieldSpec(
            "max_task_idle", .duration(allowsZero: true), default: "1s",
            "How long a task waits for records of an empty partition before it goes on with the "
                + "others, so that records are taken in the order of their time."),
    ]

    static let sources = FieldSpec(
        "sources", .map(key: "source name", .object(sourceFields)), required: true,
        "Topics to read, by the name that operators call them by.")

    static let sourceFields = [
        FieldSpec(
            "topics", .oneOrMore(.string), "The topics to read; they are read as one stream."),
        FieldSpec("topic", .string, "The topic to read, when it is one."),
        FieldSpec(
            "timestamp", .fieldPath,
            "The field that carries the event time; else the record's own timestamp."),
        FieldSpec(
            "key", .fieldPath,
            "The field by whose value the topics are partitioned, when it is known; else the "
                + "record key, whatever it is."),
        FieldSpec("watermark", .object(watermarkFields), "How event time moves the clock."),
        FieldSpec(
            "broadcast", .choice(Topology.Broadcast.allCases.map(\.rawValue)),
            "Every task reads all partitions of the topics, for tables, rules and commands that "
                + "operators read under 'with': 'in_order' takes their records in the order of "
                + "event time, 'first' reads them to the end before any other record."),
    ]

    static let watermarkFields = [
        FieldSpec(
            "out_of_orderness", .duration(allowsZero: true), default: "0",
            "How far behind the latest event the watermark stays."),
        FieldSpec(
            "idle_after", .duration(allowsZero: false), default: "1m",
            "After how long without a record a partition no longer holds the watermark back."),
        FieldSpec(
            "when_idle", .choice(WatermarkSettings.IdlePolicy.allCases.map(\.rawValue)),
            default: "hold",
            "What the clock does when every input is idle: hold until a record comes, or go on "
                + "with wall time, so that windows close when traffic stops."),
        FieldSpec(
            "ahead_limit", .duration(allowsZero: false), default: "1d",
            "An event further ahead of its record's timestamp than this does not move the clock."),
    ]

    static let operators = FieldSpec(
        "operators", .map(key: "operator name", .json), required: true,
        "The steps, by name. Each has 'from' and one key that is the kind of operator, with its "
            + "settings.")

    /// What every entry under `operators` has besides its operator.
    static let operatorFields = [
        FieldSpec(
            "from", .oneOrMore(.string), required: true,
            "What it reads: a source, an operator, or an output of one, as in 'parsed.failed'."),
        FieldSpec(
            "with", .map(key: "input", .string),
            "What its named inputs read, besides 'from': an operator, or an output of one."),
        FieldSpec(
            "on_error", .choice(ErrorPolicy.allCases.map(\.rawValue)), default: "dead_letter",
            "What happens to a record that it can't take: to its output for failures, dropped "
                + "and counted, or the task stops."),
    ]

    static let sinks = FieldSpec(
        "sinks", .map(key: "topic", .object(sinkFields)), required: true,
        "Topics to write, by name.")

    static let sinkFields =
        [
            FieldSpec(
                "from", .oneOrMore(.string), required: true,
                "What it writes: an operator, or an output of one, as in 'parsed.failed'."),
            FieldSpec(
                "key", .fieldPath,
                "The field whose value becomes the key of the records; else they keep the one they "
                    + "have. An event in which it is missing, null, an object or an array is written "
                    + "without a key, so to any partition: require it with 'validate' where that "
                    + "must not be."),
        ] + SinkFormatSettings.fields + [
            FieldSpec(
                "on_error", .choice(["fail", "drop", "dead_letter"]),
                "What happens to an event that does not fit the format: the task stops, which is how it "
                    + "is by itself, the event is dropped, or it goes to 'dead_letter'."),
            FieldSpec(
                "dead_letter", .string,
                "The topic of another sink, for events that do not fit the format: as they came, with "
                    + "the reason in their headers."),
        ]

    static let registries = FieldSpec(
        "schema_registries", .map(key: "registry name", .object(registryFields)),
        "Where the schemas are that records name by number.")

    static let registryFields = [
        FieldSpec("url", .string, "The address of a Confluent schema registry."),
        FieldSpec(
            "folder", .file,
            "A folder of schemas by id, as in '42.avsc', that is looked at first. Without 'url', and "
                + "for 'check' and 'test', it is all there is."),
        FieldSpec(
            "cache", .string,
            "A folder in which answers are kept, relative to the working directory, so that a start "
                + "without the registry goes on."),
        FieldSpec("user", .string, "For basic authentication."),
        FieldSpec("password", .string, "For basic authentication."),
        FieldSpec("bearer_token", .string, "For bearer authentication."),
        FieldSpec(
            "ca_file", .string, "Certificates that are trusted besides the system's, in PEM."),
        FieldSpec("certificate_file", .string, "The certificate that we show, in PEM."),
        FieldSpec("key_file", .string, "Its key, in PEM."),
        FieldSpec("key_password", .string, "The password of the key."),
        FieldSpec(
            "verify", .boolean, default: "true", "Whether the registry's certificate is checked."),
        FieldSpec(
            "timeout", .duration(allowsZero: false), default: "5s", "How long a request may take."),
        FieldSpec(
            "retries", .integer(0...100), default: "5",
            "How often a request is repeated that gets no answer, or one of the server's own trouble; "
                + "then the task stops."),
        FieldSpec(
            "backoff", .duration(allowsZero: false), default: "200ms",
            "How long to wait before the first repetition; each later one waits twice as long."),
    ]

    /// The parts of a file, in the order in which people write them.
    static let parts = [
        application, kafka, processing, registries, sources, operators, sinks,
        TopologyTestFormat.tests,
    ]
}
