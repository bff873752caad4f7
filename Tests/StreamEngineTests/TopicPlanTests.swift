import Events
import StreamCore
import StreamEngine
import StreamTesting
import Testing

/// What a start would do about the topics, told without doing it.
@Suite("The plan of topics")
struct TopicPlanTests {
    private let cluster = FakeCluster(clock: ManualClock(Timestamp(milliseconds: 0)))

    private func application(
        _ missing: EngineSettings.MissingTopics = .refuse
    ) throws -> Application {
        Application(
            plan: try EngineRig().plan(topics: ["clicks"]),
            settings: EngineSettings(changelog: .kafka, missingTopics: missing),
            cluster: cluster, storage: InMemoryStateStorage(),
            wallClock: { Timestamp(milliseconds: 0) })
    }

    private func create(_ topics: String..., partitions: Int32) throws {
        try cluster.createTopics(topics.map { TopicSpec(name: $0, partitions: partitions) })
    }

    @Test("changelogs get a partition per task, and nothing is made until the start")
    func toCreate() throws {
        try create("clicks", "sessions", "dead", partitions: 3)
        var application = try application()
        let plan = try application.topicPlan()
        let made = plan.entries.filter { $0.standing == .toCreate }
        #expect(plan.failure == nil)
        #expect(plan.entries.first?.topic == "clicks")
        #expect(plan.entries.first?.standing == .there)
        #expect(made.map(\.role).contains(.checkpoints))
        #expect(made.contains { $0.topic == "shop-sessions.open-changelog" })
        #expect(made.allSatisfy { $0.partitions == 3 })
        #expect(made.allSatisfy { $0.configuration["cleanup.policy"] == "compact" })
        #expect(try cluster.describeTopics(made.map(\.topic)).isEmpty)

        try application.setUpTopics()
        #expect(try cluster.describeTopics(made.map(\.topic)).count == made.count)
        #expect(try application.topicPlan().entries.allSatisfy { $0.standing == .there })
    }

    @Test("a source that is missing is wrong, and how many partitions the changelogs get is open")
    func missingSource() throws {
        try create("sessions", "dead", partitions: 2)
        var application = try application()
        let plan = try application.topicPlan()
        #expect(plan.failure == .missingTopics(["clicks"]))
        #expect(plan.entries.first?.standing == .wrong(.missingTopics(["clicks"])))
        let changelogs = plan.entries.filter { $0.role == .changelog }
        #expect(!changelogs.isEmpty)
        #expect(changelogs.allSatisfy { $0.partitions == nil })
        #expect(throws: EngineError.missingTopics(["clicks"])) { try application.setUpTopics() }
        #expect(try cluster.describeTopics(["clicks", "shop-checkpoints"]).isEmpty)
    }

    @Test("where topics may be made, those that are missing fit the ones that are there")
    func createsExternalTopics() throws {
        try create("clicks", partitions: 5)
        let plan = try application(.create(partitions: 2)).topicPlan()
        #expect(plan.failure == nil)
        let sink = try #require(plan.entries.first { $0.topic == "sessions" })
        #expect(sink.standing == .toCreate)
        #expect(sink.partitions == 5)
        #expect(sink.configuration == ["retention.ms": "-1"])
    }

    @Test("a changelog with other partitions is wrong with the reason; the others are as they are")
    func wrongChangelog() throws {
        try create("clicks", "sessions", "dead", partitions: 2)
        try create("shop-checkpoints", partitions: 3)
        let plan = try application().topicPlan()
        let fault = EngineError.changelogTopic(
            "shop-checkpoints", .partitions(found: 3, wanted: 2))
        #expect(plan.failure == fault)
        let wrong = plan.entries.filter { ![.there, .toCreate].contains($0.standing) }
        #expect(wrong.map(\.topic) == ["shop-checkpoints"])
        #expect(wrong.first?.standing == .wrong(fault))
    }
}
