import StreamCore
import StreamEngine
import StreamTesting
import Testing

@Suite("Topics that delete by event time")
struct RetentionTests {
    private static let week = ["cleanup.policy": "delete", "retention.ms": "604800000"]

    /// The warnings of a start where every topic keeps its records but those given.
    private func warnings(_ configurations: [String: [String: String]]) throws -> [String] {
        let rig = try EngineRig()
        for topic in ["clicks", "sessions", "dead"] {
            rig.cluster.setConfiguration(
                configurations[topic] ?? ["cleanup.policy": "delete", "retention.ms": "-1"],
                of: topic)
        }
        try rig.engine(try rig.plan()).run()
        return rig.log.warnings
    }

    @Test("each topic with a time retention is told at the start, with the time and what to do")
    func tellsEach() throws {
        #expect(
            try warnings(["clicks": Self.week, "sessions": Self.week])
                == [
                    "clicks", "sessions",
                ].map {
                    """
                    topic '\($0)' deletes records whose event time is older than 7d, however freshly \
                    they were written: replayed and late events are lost there; set its \
                    'retention.ms' to -1, or its 'message.timestamp.type' to LogAppendTime
                    """
                })
    }

    @Test(
        "topics that keep records, compact them or go by the time of arrival are passed over",
        arguments: [
            ["cleanup.policy": "delete", "retention.ms": "-1"],
            ["cleanup.policy": "compact", "retention.ms": "604800000"],
            [
                "cleanup.policy": "delete", "retention.ms": "604800000",
                "message.timestamp.type": "LogAppendTime",
            ],
            ["cleanup.policy": "delete"],
        ])
    func passesOver(configuration: [String: String]) throws {
        #expect(try warnings(["sessions": configuration]) == [])
    }

    @Test("a topic that is compacted and deletes as well is told")
    func compactedAndDeleted() throws {
        let both = ["cleanup.policy": "compact, delete", "retention.ms": "1000"]
        #expect(try warnings(["dead": both]).count == 1)
    }

    @Test("a cluster that can't tell, or may not, runs without a word")
    func unknownConfiguration() throws {
        let rig = try EngineRig()
        rig.click("ada", minute: 0)
        let plan = try rig.plan()
        try rig.engine(plan).run()
        rig.cluster.setConfiguration(Self.week, of: "clicks")
        rig.cluster.failNext(
            .configuration,
            with: ClusterError(
                kind: .authentication, code: "TOPIC_AUTHORIZATION_FAILED", reason: "not allowed"))
        try rig.engine(plan).run()
        #expect(rig.log.warnings == [])
    }
}
