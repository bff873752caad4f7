import Events
import Foundation
import Operators
import StreamCore
import Testing

@Suite("sessionize agrees with a plain reference on random histories")
struct SessionizePropertyTests {
    private static let channels = ["web", "pos", "app"]

    private struct Case {
        var gap: Int64
        var grace: Int64
        var outOfOrderness: Int64
        var gapByChannel: [String: Int64]
        var events: [VisitEvent]

        var settings: Setting {
            var settings: [(String, Setting)] = [
                ("key", "user"), ("gap", .string("\(gap)ms")), ("grace", .string("\(grace)ms")),
                ("page", "page"), ("step", "type"), ("revenue", "amount"), ("max_steps", 5),
                ("views", ["field": "type", "equals": "view"]),
            ]
            if !gapByChannel.isEmpty {
                settings.append(
                    (
                        "gap_by_channel",
                        .map(
                            gapByChannel.sorted { $0.key < $1.key }.map {
                                ($0.key, .string("\($0.value)ms"))
                            })
                    ))
            }
            return .map(settings)
        }

        var reference: ReferenceSessions {
            var reference = ReferenceSessions(
                gap: gap, gapByChannel: gapByChannel, grace: grace, outOfOrderness: outOfOrderness)
            for event in events { reference.process(event) }
            reference.finish()
            return reference
        }
    }

    /// Times are multiples of 5, gaps too: events exactly one gap apart are frequent.
    private func makeCase(_ seed: UInt64, count: Int = 300) -> Case {
        var random = SeededGenerator(seed: seed)
        var history = Case(
            gap: [10, 30, 50].randomElement(using: &random)!,
            grace: [0, 5, 40, 200].randomElement(using: &random)!,
            outOfOrderness: [0, 0, 20].randomElement(using: &random)!,
            gapByChannel: Bool.random(using: &random) ? [:] : ["pos": 5, "app": 60], events: [])
        var clock: Int64 = 1_000_000
        for number in 0..<count {
            clock += [0, 0, 5, 5, 10, 20, 45, 120].randomElement(using: &random)!
            let delay = [0, 0, 0, 5, 10, 30, 60, 150].randomElement(using: &random)!
            var event = VisitEvent(
                ["a", "b", "c"].randomElement(using: &random)!, clock - Int64(delay))
            event.channel = Self.channels.randomElement(using: &random)!
            event.type = ["view", "click", "buy"].randomElement(using: &random)!
            event.page = "/\(Int.random(in: 0..<9, using: &random))"
            if event.type == "buy" {
                event.amount =
                    "\(Int.random(in: 0..<99, using: &random)).\(["5", "25", "10"].randomElement(using: &random)!)"
            }
            event.number = number
            history.events.append(event)
            // Now and then the same event again.
            if number % 17 == 0 { history.events.append(event) }
        }
        return history
    }

    @Test(
        "the same sessions close in the same order, and the same events are late",
        arguments: 0..<60)
    func closedSessions(seed: UInt64) throws {
        let history = makeCase(seed)
        let reference = history.reference
        let rig = try SessionizeRig(history.settings, outOfOrderness: history.outOfOrderness)
        let output = try rig.run(history.events)
        #expect(output.summary == reference.closed.map(\.summary))
        #expect(try output.numbers("late") == reference.late.map(\.number))
        #expect(rig.driver.metrics.last?.late == reference.late.count)
        #expect(
            try output.numbers("out").count == history.events.count - reference.late.count)
    }

    @Test("what a session says of its events is what they say together", arguments: 60..<90)
    func contents(seed: UInt64) throws {
        let history = makeCase(seed)
        let output = try SessionizeRig(history.settings, outOfOrderness: history.outOfOrderness)
            .run(history.events)
        let reference = history.reference.closed
        #expect(output.closed.count == reference.count)
        for (index, (session, expected)) in zip(output.closed, reference).enumerated() {
            let members = sortedByTime(expected.members)
            let views = members.filter { $0.type == "view" }
            #expect(session.view_count == views.count)
            #expect(session.entry == entry(of: views))
            #expect(session.exit == views.last?.page)
            #expect(Set(session.channels ?? []) == Set(members.compactMap(\.channel)))
            #expect(session.duration_ms == expected.end - expected.start)
            #expect((session.steps ?? []).map(\.step) == members.prefix(5).map(\.type))
            #expect(
                (session.steps ?? []).map { SessionRecord.milliseconds($0.at) }
                    == members.prefix(5).map(\.time))
            #expect((session.dropped_steps ?? 0) == max(0, members.count - 5))
            let revenue = members.compactMap(\.amount).compactMap { Decimal(string: $0) }
            let text = output.records["closed"]![index].value!
            #expect(Self.revenue(in: text) == (revenue.isEmpty ? nil : revenue.reduce(0, +)))
        }
    }

    /// By time; events of one time as they came. The sort of the standard library is stable in
    /// practice, but does not say so.
    private func sortedByTime(_ members: [VisitEvent]) -> [VisitEvent] {
        members.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }.map(\.element)
    }

    private func entry(of views: [VisitEvent]) -> String? { views.first?.page }

    private static func revenue(in json: String) -> Decimal? {
        guard let start = json.range(of: "\"revenue\":")?.upperBound else { return nil }
        return Decimal(string: String(json[start...].prefix { "0123456789.-".contains($0) }))
    }

    @Test(
        "updates, applied by id, fold to the closed sessions, and name the heirs of the retracted",
        arguments: Array(90..<120) + Array(30_000..<30_030))
    func updates(seed: UInt64) throws {
        let history = makeCase(seed)
        let output = try SessionizeRig(history.settings, outOfOrderness: history.outOfOrderness)
            .run(history.events)
        var state: [String: SessionRecord] = [:]
        var heirs: [String: String] = [:]
        for update in output.updates {
            if update.status == "retracted" {
                #expect(state.removeValue(forKey: update.session_id) != nil)
                #expect(update.replaced_by != nil)
                heirs[update.session_id] = update.replaced_by
            } else {
                #expect(update.status == "open")
                state[update.session_id] = update
                heirs[update.session_id] = nil
            }
        }
        let closed = Dictionary(grouping: output.closed, by: \.session_id)
        #expect(closed.count == output.closed.count, "ids are unique")
        #expect(Set(state.keys) == Set(closed.keys))
        for (id, last) in state {
            let end = try #require(closed[id]?.first)
            #expect(describe(last) == describe(end))
        }
        // Each event's id leads, through the heirs, to the session that counted it.
        var counts: [String: Int] = [:]
        struct Tagged: Decodable { let session_id: String }
        for record in output.records["out"] ?? [] {
            var id = try JSONDecoder().decode(Tagged.self, from: Data(record.value!.utf8))
                .session_id
            while let heir = heirs[id] { id = heir }
            counts[id, default: 0] += 1
        }
        #expect(counts == closed.mapValues { $0[0].event_count! })
    }

    private func describe(_ session: SessionRecord) -> String {
        "\(session.start!) \(session.end!) \(session.event_count!) \(session.view_count!) "
            + "\(session.channels!) \(session.entry ?? "-") \(session.exit ?? "-") \(session.steps ?? [])"
    }

    @Test("runs of any length, and any batches, give the same bytes", arguments: 120..<140)
    func cuts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let history = makeCase(seed)
        let plan = try SessionizeRig.plan(
            history.settings, outOfOrderness: history.outOfOrderness)
        let expected = try SessionizeRig(plan: plan).run(history.events).records
        for runLimit in [1, 7, 512] {
            let rig = try SessionizeRig(plan: plan, runLimit: runLimit)
            var rest = history.events[...]
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...60, using: &random))
                try rig.sendBatch(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            try rig.driver.finish()
            #expect(try rig.take().records == expected)
        }
    }

    @Test("stopping and starting at any commit gives the same bytes", arguments: 140..<150)
    func restarts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let history = makeCase(seed, count: 120)
        let plan = try SessionizeRig.plan(
            history.settings, outOfOrderness: history.outOfOrderness)
        let expected = try SessionizeRig(plan: plan).run(history.events).records
        let storage = InMemoryStateStorage()
        var written: [DriverRecord] = []
        var isDone = false
        while !isDone {
            let rig = try SessionizeRig(plan: plan, storage: storage)
            let start = Int(rig.driver.nextOffset(topic: "in")!)
            let end = min(
                history.events.count, start + Int.random(in: 1...40, using: &random))
            for event in history.events[start..<end] { try rig.send(event) }
            isDone = end == history.events.count
            if isDone { try rig.driver.finish() }
            written += rig.driver.takeOutputs()
            try rig.driver.commit()
            // What comes after a commit and before a crash is done again.
            if !isDone { try rig.send(history.events[end]) }
            rig.driver.close()
        }
        #expect(Dictionary(grouping: written, by: \.topic) == expected)
        #expect(try SessionizeRig.storedKeys(in: storage, of: plan).isEmpty)
    }

    @Test(
        "events in order are cut by pause, length, campaign and midnight as by hand",
        arguments: 150..<200)
    func constraints(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
        let zone = zones.randomElement(using: &random)!
        let minute: Int64 = 60_000
        // Around a change of daylight saving time in the year 2024.
        var clock: Int64 = [1_711_800_000_000, 1_710_000_000_000, 1_729_900_000_000]
            .randomElement(using: &random)!
        let usesDays = Bool.random(using: &random)
        let maximumLength = [nil, 45 * minute, 90 * minute].randomElement(using: &random)!
        var events: [VisitEvent] = []
        for number in 0..<400 {
            clock += Int64([1, 1, 5, 5, 15, 30, 31, 60].randomElement(using: &random)!) * minute
            var event = VisitEvent(["a", "b"].randomElement(using: &random)!, clock)
            event.campaign = ["x", "y", nil, nil, nil].randomElement(using: &random)!
            event.number = number
            events.append(event)
        }
        var settings: [(String, Setting)] = [
            ("key", "user"), ("gap", "30m"), ("grace", "2h"), ("campaign", "utm"),
        ]
        if usesDays { settings.append(("midnight_zone", .string(zone))) }
        if let maximumLength { settings.append(("max_length", .string("\(maximumLength)ms"))) }

        let timeZone = TimeZone(identifier: zone)!
        let expected = ReferenceSessions.inOrder(
            events, gap: 30 * minute, maximumLength: maximumLength ?? .max,
            day: { time in
                guard usesDays else { return 0 }
                let date = Date(timeIntervalSince1970: Double(time) / 1000)
                return (Int(time) / 1000 + timeZone.secondsFromGMT(for: date)) / 86_400
            })
        let output = try SessionizeRig(.map(settings)).run(events)
        let summaries = expected.map {
            "\($0[0].key) \($0[0].time)-\($0[$0.count - 1].time) \($0.count) "
                + "\($0[0].campaign ?? "-")"
        }
        let found = output.closed.map {
            "\($0.key) \($0.startTime)-\($0.endTime) \($0.event_count!) \($0.campaign ?? "-")"
        }
        #expect(Set(found).subtracting(summaries).sorted() == [])
        #expect(Set(summaries).subtracting(found).sorted() == [])
        #expect(found.count == summaries.count)
        #expect(try output.numbers("late").isEmpty)
    }
}
