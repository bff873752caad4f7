import Events
import Operators
import StreamCore
import Testing

/// `trigger` against a slow and simple simulator that has the whole history at once.
@Suite("trigger decides as the reference does")
struct TriggerPropertyTests {
    private func plan(_ made: TriggerCase, topicCount: Int = 1) throws -> TopologyPlan {
        try TriggerRig.plan(
            made.reference.setting, files: made.reference.files,
            outOfOrderness: made.outOfOrderness, topicCount: topicCount)
    }

    /// Stream time by hand: the latest event time less the patience.
    private func steps(_ made: TriggerCase) -> [ReferenceTriggers.Step] {
        var latest = Int64.min
        var steps = made.events.map { event in
            latest = max(latest, event.time)
            return ReferenceTriggers.Step(event: event, streamTime: latest - made.outOfOrderness)
        }
        steps.append(ReferenceTriggers.Step(event: nil, streamTime: .max))
        return steps
    }

    private func expectSame(
        _ output: TriggerOutput, _ reference: ReferenceTriggers, _ seed: UInt64
    ) {
        #expect(output.sent.map(\.summary) == reference.sent, "seed \(seed)")
        #expect(output.held.map(\.summary) == reference.held, "seed \(seed)")
        let late = output.values("late").map { text in
            Int(text.split(separator: ",")[0].split(separator: ":")[1])!
        }
        #expect(late == reference.late, "seed \(seed)")
        let identities = output.sent.map(\.action_id)
        #expect(Set(identities).count == identities.count, "seed \(seed)")
    }

    @Test(
        "random rules over random histories around changes of daylight saving time",
        arguments: Array(0..<120) + [20851, 21461, 21475, 21710, 22241, 22597])
    func histories(seed: UInt64) throws {
        let made = TriggerCase(seed: seed, count: 150)
        let output = try TriggerRig(plan: try plan(made)).run(made.events)
        expectSame(output, ReferenceTriggers(made.reference, steps(made)), seed)
    }

    @Test(
        "in whatever order events come, decisions are the same as long as none is late",
        arguments: UInt64(600)..<680)
    func orders(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var made = TriggerCase(seed: seed, count: 120)
        // Rules of kind event go by the order of arrival.
        made.reference.rules.removeAll { if case .plain = $0.pattern { true } else { false } }
        made.outOfOrderness = 60 * TriggerCase.minute
        // Of equal times of one customer the order of arrival counts. Otherwise many events are at the
        // very moments of decisions, as of schedules and quiet hours, or just behind them.
        let step = 5 * TriggerCase.minute
        let start = made.events[0].time / TriggerCase.hour * TriggerCase.hour
        var clocks: [String: Int64] = [:]
        for index in made.events.indices {
            let key = made.events[index].key
            let time = clocks[key] ?? start
            clocks[key] = time + step * .random(in: 1...12, using: &random)
            made.events[index].time = time + [0, 1].randomElement(using: &random)!
            made.events[index].consent = [nil, true, false].randomElement(using: &random)!
        }
        made.events.sort { ($0.time, $0.number) < ($1.time, $1.number) }
        let plan = try plan(made)
        let expected = try TriggerRig(plan: plan).run(made.events)
        #expect(expected.values("late").isEmpty)
        // Somebody of whom nobody asks moves stream time to each of these moments.
        let end = made.events.last!.time + 2 * TriggerCase.hour
        let ticks = stride(from: start, through: end, by: Int(step)).flatMap { time in
            [time, time + 1].map { CustomerEvent("tick", $0, "x") }
        }
        for patience in [made.outOfOrderness, TriggerCase.minute] {
            // Everybody comes later than it happened, by as much as stream time waits at the most.
            let late = made.events.map { event in
                let delays = [0, patience, patience, .random(in: 0...patience, using: &random)]
                return (at: event.time + delays.randomElement(using: &random)!, event: event)
            }
            // Of those that come together the latest first.
            let events = (late + ticks.map { (at: $0.time, event: $0) })
                .sorted { ($0.at, -$0.event.time) < ($1.at, -$1.event.time) }
            let output = try TriggerRig(plan: plan).run(events.map(\.event))
            #expect(output.values("out") == expected.values("out"), "seed \(seed)")
            #expect(output.values("held") == expected.values("held"), "seed \(seed)")
            #expect(output.values("late").isEmpty)
        }
    }

    @Test("the cut into runs does not matter", arguments: UInt64(200)..<220)
    func runs(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let made = TriggerCase(seed: seed, count: 150)
        let plan = try plan(made)
        let expected = try TriggerRig(plan: plan).run(made.events).byTopic
        for limit in [1, 7, 512] {
            let rig = try TriggerRig(plan: plan, runLimit: limit)
            var rest = made.events[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...60, using: &random)
                try rig.sendBatch(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            try rig.driver.finish()
            #expect(try rig.take().byTopic == expected, "seed \(seed)")
        }
    }

    @Test("stopping and starting at any commit gives the same bytes", arguments: UInt64(300)..<330)
    func restarts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let made = TriggerCase(seed: seed, count: 120)
        let plan = try plan(made)
        let expected = try TriggerRig(plan: plan).run(made.events).byTopic
        let storage = InMemoryStateStorage()
        var written: [DriverRecord] = []
        var isDone = false
        while !isDone {
            let rig = try TriggerRig(plan: plan, storage: storage)
            let start = Int(rig.driver.nextOffset(topic: "in0")!)
            let end = min(made.events.count, start + Int.random(in: 1...25, using: &random))
            for event in made.events[start..<end] { try rig.send(event) }
            isDone = end == made.events.count
            if isDone { try rig.driver.finish() }
            written += rig.driver.takeOutputs()
            try rig.driver.commit()
            // What comes after a commit and before a crash is done again.
            if !isDone { try rig.send(made.events[end]) }
            rig.driver.close()
        }
        #expect(Dictionary(grouping: written, by: \.topic) == expected, "seed \(seed)")
        #expect(try Self.profileCount(in: storage, of: plan) == 0, "seed \(seed)")
    }

    @Test("rules that come as records decide as those of a file do", arguments: UInt64(500)..<520)
    func rulesFromRecords(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let made = TriggerCase(seed: seed, count: 120)
        let expected = try TriggerRig(plan: try plan(made)).run(made.events)
        var bare = made.reference
        bare.rules = []
        let plan = try TriggerRig.plan(
            bare.setting, files: made.reference.files, outOfOrderness: made.outOfOrderness,
            hasRules: true)
        let storage = InMemoryStateStorage()
        var written: [DriverRecord] = []
        var isDone = false
        var hasRules = false
        while !isDone {
            let rig = try TriggerRig(plan: plan, storage: storage)
            if !hasRules {
                // In any order: those that are not of the file stand in the order of their names.
                for rule in made.reference.rules.shuffled(using: &random) {
                    try rig.sendRule(rule.setting.json, key: rule.name, at: made.events[0].time)
                }
                hasRules = true
            }
            let start = Int(rig.driver.nextOffset(topic: "in0")!)
            let end = min(made.events.count, start + Int.random(in: 1...50, using: &random))
            for event in made.events[start..<end] { try rig.send(event) }
            isDone = end == made.events.count
            if isDone { try rig.driver.finish() }
            written += rig.driver.takeOutputs()
            try rig.driver.commit()
            rig.driver.close()
        }
        let output = try TriggerOutput(written)
        #expect(output.values("status").count == made.reference.rules.count)
        #expect(output.values("status").allSatisfy { $0.contains("accepted") }, "seed \(seed)")
        #expect(output.values("out") == expected.values("out"), "seed \(seed)")
        #expect(output.values("held") == expected.values("held"), "seed \(seed)")
    }

    /// How many profiles are still in the store.
    private static func profileCount(
        in storage: InMemoryStateStorage, of plan: TopologyPlan
    ) throws -> Int {
        let state = try storage.open(
            TaskIdentifier(subtopology: 0, partition: 0), stores: plan.subtopologies[0].stores)
        var count = 0
        try unsafe state.keyValueStore("tested.profiles").forEach { _, _ in count += 1 }
        return count
    }

    @Test(
        "partitions that fall silent move the clock, and decisions with it",
        arguments: UInt64(400)..<430)
    func idlePartitions(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let made = TriggerCase(seed: seed, count: 120, topicCount: 3)
        var wall: Int64 = 1_800_000_000_000
        let rig = try TriggerRig(
            plan: try plan(made, topicCount: 3), now: Timestamp(milliseconds: wall))
        var steps: [ReferenceTriggers.Step] = []
        for event in made.events {
            var event = event
            // Topics in turns of some length, so that the others are idle for a while.
            event.topic = Int(seed) % 2 == 0 ? event.number / 17 % 3 : event.topic
            wall += Int64([0, 10, 20_000, 61_000].randomElement(using: &random)!)
            let before = rig.driver.streamTimes[0].milliseconds
            try rig.driver.setNow(Timestamp(milliseconds: wall))
            let moved = rig.driver.streamTimes[0].milliseconds
            if moved > before { steps.append(.init(event: nil, streamTime: moved)) }
            try rig.send(event)
            let reached = rig.driver.streamTimes[0].milliseconds
            steps.append(.init(event: event, streamTime: reached))
        }
        try rig.driver.finish()
        steps.append(.init(event: nil, streamTime: .max))
        guard steps.count > 2 else { return }
        expectSame(try rig.take(), ReferenceTriggers(made.reference, steps), seed)
    }
}
