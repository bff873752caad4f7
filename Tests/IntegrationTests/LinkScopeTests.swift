import Foundation
import Testing

@Suite(.enabled(if: TestBroker.isThere, "set MILLRACE_TEST_BOOTSTRAP"), .serialized)
struct LinkScopeTests {
    private static let people = 200

    /// Four identifiers of a person, of which no event has more than two, in any partition.
    private static func events() -> [TestBroker.Record] {
        var records: [TestBroker.Record] = []
        for person in 0..<people {
            let pairs = [
                #""user":"u\#(person)","email":"p\#(person)@shop.de""#,
                #""email":"p\#(person)@shop.de","loyalty":"l\#(person)""#,
                #""loyalty":"l\#(person)","device":"d\#(person)""#,
            ]
            for (number, pair) in pairs.enumerated() {
                let time = 1_700_000_000_000 + Int64(person * 10 + number)
                records.append(
                    TestBroker.Record(
                        key: nil, value: Array("{\(pair)}".utf8), timestamp: time))
            }
        }
        return records.shuffled()
    }

    private static func topology(
        on broker: TestBroker, guarantee: String, state: String
    ) -> String {
        """
        application: \(broker.name)
        kafka:
          bootstrap.servers: \(broker.bootstrapServers)
          session.timeout.ms: 10000
          group.instance.id: one
        processing:
          threads: 2
          guarantee: \(guarantee)
          commit_interval: 100ms
          state_directory: \(state)
        sources:
          raw: { topic: \(broker.topic("in")), watermark: { out_of_orderness: 1m } }
        operators:
          parsed: { from: raw, parse: { format: json } }
          linked:
            from: parsed
            link:
              scope: global
              identifiers:
                user: { field: user, unique: true }
                loyalty: { field: loyalty, limit: 2 }
                email: { field: email, form: email }
                device: { field: device }
        sinks:
          \(broker.topic("out")): { from: linked }
          \(broker.topic("profiles")): { from: linked.profiles }
          \(broker.topic("dead")): { from: [parsed.failed, linked.rejected] }
        """
    }

    /// What `.profiles` holds in the end: the identifiers of each profile.
    private static func profiles(_ records: [TestBroker.Seen]) -> [String: Set<String>] {
        var profiles: [String: Set<String>] = [:]
        for record in records {
            guard let key = record.key else { continue }
            let object = record.value.flatMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            let identifiers = object?["identifiers"] as? [String: [String]]
            profiles[key] = identifiers.map { Set($0.values.joined()) }
        }
        return profiles
    }

    /// Says how long it takes until two profiles at rest that an event links are told as one.
    private static func noteStaleness(on broker: TestBroker, guarantee: String) throws {
        func write(_ pair: String) throws {
            try broker.write(
                [TestBroker.Record(key: nil, value: Array("{\(pair)}".utf8), timestamp: 1)],
                to: broker.topic("in"))
        }
        func wait(for profile: Set<String>) throws {
            let topic = broker.topic("profiles")
            let seen = try broker.read([topic], atMost: .seconds(60)) { seen in
                profiles(seen[topic, default: []]).values.contains(profile)
            }
            #expect(profiles(seen[topic, default: []]).values.contains(profile))
        }
        var times: [Duration] = []
        for round in 0..<9 {
            try write(#""email":"at\#(round)@rest.de""#)
            try write(#""device":"rest\#(round)""#)
            try wait(for: ["at\(round)@rest.de"])
            try wait(for: ["rest\(round)"])
            let start = ContinuousClock.now
            try write(#""email":"at\#(round)@rest.de","device":"rest\#(round)""#)
            try wait(for: ["at\(round)@rest.de", "rest\(round)"])
            times.append(ContinuousClock.now - start)
        }
        times.sort()
        print("\(guarantee): a link is told after \(times[4]), \(times[0]) to \(times[8])")
    }

    @Test(
        "people whose identifiers come to different tasks are found whole",
        arguments: ["exactly_once", "at_least_once"])
    func across(guarantee: String) throws {
        let broker = TestBroker("scope")
        let folder = try TestFolder()
        let topics = ["in", "out", "profiles", "dead"].map(broker.topic)
        try broker.create(topics, partitions: 3)
        let topology = try folder.write(
            Self.topology(on: broker, guarantee: guarantee, state: folder.path("state")),
            to: "topology.yaml")
        let drawing = try MillraceProcess(["graph", topology], in: folder)
        #expect(drawing.waitForEnd() == 0, "\(drawing.errors)")
        #expect(drawing.output.contains("-linked-feedback <- linked.feedback"))
        let events = Self.events()
        try broker.write(Array(events.prefix(events.count / 2)), to: topics[0])
        // With exactly_once a kill aborts a transaction, and the small broker loses committed records
        // of a producer for readers that are there while it aborts.
        if guarantee == "at_least_once" {
            let first = try MillraceProcess(["run", topology], in: folder)
            try first.waitForCommit(beyond: 20, of: topics[0], on: broker)
            first.crash()
        }
        try broker.write(Array(events.dropFirst(events.count / 2)), to: topics[0])

        let second = try MillraceProcess(["run", topology], in: folder)
        let wanted = Set(
            (0..<Self.people).map { person in
                Set(["u\(person)", "p\(person)@shop.de", "l\(person)", "d\(person)"])
            })
        let seen = try broker.read([topics[2]], atMost: .seconds(120)) { seen in
            Set(Self.profiles(seen[topics[2], default: []]).values) == wanted
        }
        let found = Set(Self.profiles(seen[topics[2], default: []]).values)
        let wrong = found.symmetricDifference(wanted)
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(4)) \(second.logTail())")
        try Self.noteStaleness(on: broker, guarantee: guarantee)
        second.send(SIGTERM)
        #expect(second.waitForEnd() == 0, "\(second.logTail())")
        let dead = try broker.read([topics[3]], atMost: .seconds(1)) { _ in false }
        #expect(dead[topics[3], default: []].isEmpty)
    }
}
