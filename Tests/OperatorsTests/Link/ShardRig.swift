import Events
import Operators
import StreamCore
import Testing

/// `link` with `scope: global` over several partitions: the real tasks, with everything that goes
/// from one to another in a queue, and a seed that says which queue moves next.
final class ShardRig {
    private struct Record {
        let key: [UInt8]?
        let value: [UInt8]?
        let headers: [UInt8]
        let timestamp: Int64
    }

    private struct Place: Hashable {
        let task: Int
        let input: Int
    }

    static func settings(_ more: [(String, Setting)] = []) -> Setting {
        guard case .map(let entries) = LinkRig.settings else { return LinkRig.settings }
        return .map(entries + [("scope", "global")] + more)
    }

    let plan: TopologyPlan
    let storage = InMemoryStateStorage()
    /// What `.profiles` holds, as a compacted topic would.
    private(set) var profiles: [String: String] = [:]
    /// The profiles that events went out with, in that order, and the record keys.
    private(set) var linked: [(profile: String?, key: String?)] = []
    private(set) var rejectedCount = 0
    /// How many messages tasks sent each other.
    private(set) var messageCount = 0

    private let partitions: Int32
    private let doubles: Bool
    private var random: SeededGenerator
    private var tasks: [StreamTask] = []
    private var queues: [Place: [Record]] = [:]
    private var offsets: [Place: Int64] = [:]
    private let written = OutputBatch()

    /// `doubles`: whether what a task wrote may come twice, as after a crash with `at_least_once`.
    init(plan: TopologyPlan, partitions: Int32, seed: UInt64, doubles: Bool = false) throws {
        self.plan = plan
        self.partitions = partitions
        self.doubles = doubles
        random = SeededGenerator(seed: seed)
        var counts: [String: Int32] = ["in": partitions]
        for repartition in plan.repartitions { counts[plan.topics[repartition.topic]] = partitions }
        for subtopology in plan.subtopologies {
            for partition in 0..<partitions {
                let identifier = TaskIdentifier(
                    subtopology: subtopology.index, partition: partition)
                let stores = subtopology.stores
                let state = stores.isEmpty ? nil : try storage.open(identifier, stores: stores)
                let task = StreamTask(
                    plan: plan, identifier: identifier, state: state,
                    options: StreamTask.Options(partitionCounts: counts), now: .distantFuture)
                for input in 0..<task.inputCount {
                    task.start(input: input, at: 0)
                    task.accept(input: input, position: 0, isAtEnd: true, now: .distantFuture)
                }
                tasks.append(task)
            }
        }
    }

    // MARK: In

    /// Puts an event into a partition that has nothing to do with who it is.
    func send(_ event: IdentityEvent) {
        put(
            Record(
                key: nil, value: Array(event.json.utf8), headers: [], timestamp: event.time),
            topic: "in", partition: Int32.random(in: 0..<partitions, using: &random))
    }

    func decide(_ decision: String, _ a: (String, String), _ b: (String, String)) {
        decide(
            """
            {"decision":"\(decision)","a":{"type":"\(a.0)","value":"\(a.1)"},\
            "b":{"type":"\(b.0)","value":"\(b.1)"}}
            """)
    }

    func decide(_ json: String) {
        put(
            Record(key: Array("k".utf8), value: Array(json.utf8), headers: [], timestamp: 0),
            topic: "decisions", partition: 0)
    }

    /// Forgets a profile, as `millrace forget` does.
    func forget(_ name: String) {
        let json = #"{"command":"forget","id":"1","profile":"\#(name)"}"#
        put(
            Record(
                key: Array(name.utf8), value: Array(json.utf8), headers: [], timestamp: 0),
            topic: plan.topics.first { $0.hasSuffix("-control") }!, partition: 0)
    }

    private func put(_ record: Record, topic: String, partition: Int32) {
        for (number, task) in tasks.enumerated() {
            for (input, source) in (task.sources + task.broadcastSources).enumerated()
            where source.topic == topic && source.partition == partition {
                queues[Place(task: number, input: input), default: []].append(record)
            }
        }
    }

    // MARK: Running

    /// Lets the queues move, in whatever order, until all are empty.
    func settle(steps: Int = .max) throws {
        for step in 0..<steps {
            // A few people never have that much to say.
            try #require(step < 100_000, "the messages do not end: \(waiting)")
            let open = queues.filter { !$0.value.isEmpty }.keys
                .sorted { ($0.task, $0.input) < ($1.task, $1.input) }
            guard let place = open.randomElement(using: &random) else { return }
            try move(place)
        }
    }

    /// Lets all that waits move at once, then what came of it, and so on; returns how often.
    func settleInRounds() throws -> Int {
        for round in 0..<1_000 {
            let open = queues.filter { !$0.value.isEmpty }
            if open.isEmpty { return round }
            for (place, records) in open {
                var left = records.count
                while left > 0 {
                    let before = queues[place]!.count
                    try move(place, atMost: left)
                    left -= max(1, before - queues[place]!.count)
                }
            }
        }
        return 1_000
    }

    /// How many messages of each kind wait.
    private var waiting: [UInt8: Int] {
        var counts: [UInt8: Int] = [:]
        for (place, records) in queues
        where tasks[place.task].sources.count > place.input
            && tasks[place.task].sources[place.input].topic.hasSuffix("-feedback")
        {
            for record in records { counts[record.value?.first ?? 0, default: 0] += 1 }
        }
        return counts
    }

    private func move(_ place: Place, atMost limit: Int = 3) throws {
        let task = tasks[place.task]
        let count = min(limit, Int.random(in: 1...3, using: &random))
        let batch = task.batch(input: place.input)
        batch.removeAll()
        var offset = offsets[place] ?? 0
        for record in queues[place]!.prefix(count) {
            let (keyBytes, valueBytes) = (record.key ?? [], record.value ?? [])
            let key = unsafe keyBytes.span.bytes
            let value = unsafe valueBytes.span.bytes
            let headers = unsafe record.headers.span.bytes
            batch.append(
                key: record.key == nil ? nil : key, value: record.value == nil ? nil : value,
                headers: headers, offset: offset, timestamp: record.timestamp)
            offset += 1
        }
        queues[place]!.removeFirst(min(count, queues[place]!.count))
        offsets[place] = offset
        task.accept(input: place.input, position: offset, isAtEnd: true, now: .distantFuture)
        while try task.run(now: .distantFuture, output: written) != .starved {}
        let isTwice = doubles && Int.random(in: 0..<4, using: &random) == 0
        for _ in 0..<(isTwice ? 2 : 1) { route() }
        written.removeAll()
    }

    private func route() {
        for index in 0..<written.count {
            let topic = plan.topics[Int(written.slots[index].topic)]
            let record = unsafe Record(
                key: written.key(of: index).map { unsafe Array($0) },
                value: written.value(of: index).map { unsafe Array($0) },
                headers: Array(written.headers(of: index)),
                timestamp: written.slots[index].timestamp)
            if plan.repartitions.contains(where: { plan.topics[$0.topic] == topic }) {
                if topic.hasSuffix("-feedback") { messageCount += 1 }
                put(record, topic: topic, partition: partition(of: record.key ?? []))
            } else {
                note(topic, record)
            }
        }
    }

    private func partition(of key: [UInt8]) -> Int32 {
        var hash: UInt32 = 2_166_136_261
        for byte in key { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int32(hash % UInt32(partitions))
    }

    private func note(_ topic: String, _ record: Record) {
        let key = record.key.map { String(decoding: $0, as: UTF8.self) }
        let value = record.value.map { String(decoding: $0, as: UTF8.self) }
        switch topic {
        case "out": linked.append((value.flatMap(LinkRig.profile(in:)), key))
        case "profiles":
            let isGone = value?.contains("merged_into") ?? true
            profiles[key ?? ""] = isGone ? nil : value
        case "rejected": rejectedCount += 1
        default: break
        }
    }

    func close() { for task in tasks { task.close() } }

    /// The identifiers of each profile.
    var members: Set<Set<ProfileOracle.Identifier>> { LinkRig.members(profiles) }

    /// All that is stored, as text.
    func state() throws -> [String] {
        try LinkRig.state(in: storage, of: plan, partitions: partitions)
    }

    /// Commits all tasks and closes them, so that ``state()`` sees what they have.
    func commit() throws {
        for task in tasks { _ = try task.commit() }
        close()
    }
}

extension LinkRig {
    /// A few people whose identifiers meet by chance, so that all rules have something to do.
    static func history(
        _ count: Int, using random: inout SeededGenerator
    ) -> [IdentityEvent] {
        (0..<count).map { _ in
            var identifiers: [String: String] = [:]
            let pools =
                [
                    ("user", 4, { "u\($0)" }), ("email", 5, { "p\($0)@shop.de" }),
                    ("phone", 5, { "+49421555010\($0)" }), ("device", 7, { "d\($0)" }),
                ] as [(String, Int, (Int) -> String)]
            for (type, size, make) in pools where Int.random(in: 0..<3, using: &random) == 0 {
                identifiers[type] = make(Int.random(in: 0..<size, using: &random))
            }
            return IdentityEvent(Int64.random(in: 1...20, using: &random), identifiers)
        }
    }
}
