import Events
import Foundation
import Operators
import StreamCore

/// An event with identifiers, as the tests of `link` send it.
struct IdentityEvent: Hashable {
    var identifiers: [String: String]
    var time: Int64

    init(_ time: Int64, _ identifiers: [String: String]) {
        self.time = time
        self.identifiers = identifiers
    }

    var json: String {
        let members = identifiers.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
        return "{\(members.joined(separator: ","))}"
    }
}

/// The `link` operator behind a `parse`, with decisions as a broadcast stream, and all its outputs
/// written to topics.
final class LinkRig {
    static let settings: Setting = [
        "identifiers": [
            "user": ["field": "user", "unique": true],
            "email": ["field": "email", "form": "email", "limit": 2],
            "phone": ["field": "phone", "form": "phone", "country": "49", "limit": 2],
            "device": ["field": "device", "limit": 3],
        ]
    ]
    /// The names of the identifiers, the strongest first, and how many a profile may have.
    static let limits = [("user", 1), ("email", 2), ("phone", 2), ("device", 3)]
    static let outputs = ["out", "merges", "profiles", "review", "rejected"]

    let driver: TopologyDriver
    let plan: TopologyPlan
    /// What `.profiles` said last of each profile.
    private(set) var profiles: [String: String] = [:]
    /// What `.merges` said.
    private(set) var changes: [String] = []
    /// What `.review` said last of each pair.
    private(set) var reviews: [String: String] = [:]

    static func plan(
        _ settings: Setting = settings, files: [String: String] = [:],
        hasControl: Bool = false,
        wrap: (any OperatorDefinition) -> any OperatorDefinition = { $0 }
    ) throws -> TopologyPlan {
        func parse(_ name: String, _ source: String) throws -> Topology.Node {
            Topology.Node(
                name: name, spec: ParseOperator.spec,
                definition: try makeDefinition(ParseOperator.spec, [:]),
                inputs: [StreamReference(source)], errorPolicy: .drop)
        }
        let link = Topology.Node(
            name: "linked", spec: LinkOperator.spec,
            definition: wrap(try makeDefinition(LinkOperator.spec, settings, files: files)),
            inputs: [StreamReference("parsed")], namedInputs: [StreamReference("decided")])
        let sources = [
            Topology.Source(
                name: "raw", topics: ["in"],
                watermark: WatermarkSettings(aheadLimit: .seconds(1_000_000_000_000))),
            Topology.Source(name: "decisions", topics: ["decisions"], broadcast: .inOrder),
        ]
        let sinks = outputs.map { output in
            Topology.Sink(
                topic: output,
                inputs: [StreamReference(node: "linked", output: output == "out" ? nil : output)])
        }
        var topology = Topology(
            application: "shop", sources: sources,
            operators: [try parse("parsed", "raw"), try parse("decided", "decisions"), link],
            sinks: sinks)
        topology.hasControl = hasControl
        return try TopologyPlan(topology)
    }

    init(
        plan: TopologyPlan? = nil, storage: any StateStorage = InMemoryStateStorage()
    ) throws {
        self.plan = try plan ?? Self.plan()
        driver = try TopologyDriver(plan: self.plan, storage: storage, now: .distantFuture)
    }

    /// Sends an event; returns the profile that it got.
    @discardableResult
    func send(_ event: IdentityEvent) throws -> String? {
        let out = try send(event.json, at: event.time)
        return out.first { $0.topic == "out" }.flatMap { Self.profile(in: $0.value ?? "") }
    }

    @discardableResult
    func send(_ json: String, at time: Int64) throws -> [DriverRecord] {
        try driver.pipe(
            topic: "in", key: nil, value: json, timestamp: Timestamp(milliseconds: time))
        return take()
    }

    @discardableResult
    func decide(
        _ decision: String, _ a: (String, String), _ b: (String, String), at time: Int64 = 0
    ) throws -> [DriverRecord] {
        func side(_ side: (String, String)) -> String {
            #"{"type":"\#(side.0)","value":"\#(side.1)"}"#
        }
        return try decide(
            #"{"decision":"\#(decision)","a":\#(side(a)),"b":\#(side(b))}"#, at: time)
    }

    @discardableResult
    func decide(_ json: String, at time: Int64 = 0) throws -> [DriverRecord] {
        try driver.pipe(
            topic: "decisions", key: "k", value: json, timestamp: Timestamp(milliseconds: time))
        return take()
    }

    /// Deletes who has this name or identifier, of a plan whose operator is an ``ErasingDefinition``;
    /// returns how many entries went.
    func erase(_ name: String) throws -> [Int] {
        try driver.pipe(
            topic: "in", key: name, value: #"{"type":"erase"}"#,
            timestamp: Timestamp(milliseconds: 4))
        return ErasingDefinition.counts(in: driver.takeOutputs().compactMap(\.value))
    }

    private func take() -> [DriverRecord] {
        let records = driver.takeOutputs()
        for record in records {
            let value = record.value ?? ""
            switch record.topic {
            case "merges": changes.append(value)
            case "review": reviews[record.key ?? ""] = value
            case "profiles":
                let isGone = record.value == nil || value.contains("merged_into")
                profiles[record.key ?? ""] = isGone ? nil : value
            default: break
            }
        }
        return records
    }

    /// What the stores hold that are committed and closed, an entry each.
    static func state(
        in storage: any StateStorage, of plan: TopologyPlan, partitions: Int32 = 1
    ) throws -> [String] {
        var entries: [String] = []
        for subtopology in plan.subtopologies {
            for partition in 0..<partitions {
                let identifier = TaskIdentifier(
                    subtopology: subtopology.index, partition: partition)
                let stores = subtopology.stores.filter { $0.kind == .keyValue }
                if stores.isEmpty { continue }
                let state = try storage.open(identifier, stores: subtopology.stores)
                defer { state.close() }
                for store in stores {
                    try unsafe state.keyValueStore(store.name).forEach { key, value in
                        unsafe entries.append(
                            String(decoding: key, as: UTF8.self)
                                + String(decoding: value, as: UTF8.self))
                    }
                }
            }
        }
        return entries
    }

    static func profile(in json: String) -> String? {
        guard let range = json.range(of: #""profile_id":""#) else { return nil }
        return String(json[range.upperBound...].prefix { $0 != "\"" })
    }
}

/// What profiles there should be, worked out from all events at once by sets that are searched
/// through: slow, and without a line of the operator's code.
struct ProfileOracle {
    typealias Identifier = [String]

    /// The identifiers of each profile.
    let profiles: Set<Set<Identifier>>
    /// Hubs, and what is shared between profiles.
    let ofNobody: Set<Identifier>

    init(_ events: [IdentityEvent], apart: [(Identifier, Identifier)] = [], mostLinks: Int = 50) {
        let order = LinkRig.limits.map(\.0)
        func rank(_ identifier: Identifier) -> Int { order.firstIndex(of: identifier[0])! }
        var seen: [Identifier: Int64] = [:]
        var links: [Set<Identifier>: Int64] = [:]
        for event in events {
            let all = event.identifiers.map { [$0.key, $0.value] }
            for one in all {
                seen[one] = min(seen[one] ?? .max, event.time)
                for other in all where one != other {
                    links[[one, other]] = min(links[[one, other]] ?? .max, event.time)
                }
            }
        }
        let kept = apart.map { Set([$0.0, $0.1]) }
        func neighbours(_ one: Identifier, _ type: String?) -> Int {
            links.keys.count { pair in
                pair.contains(one)
                    && pair.contains { $0 != one && (type == nil || $0[0] == type) }
                    && (type == nil || !kept.contains(pair))
            }
        }
        let ofNobody = seen.keys.filter { one in
            neighbours(one, nil) > mostLinks
                || LinkRig.limits.prefix(rank(one)).contains { type, limit in
                    neighbours(one, type) > limit
                }
        }
        let usable = links.filter { pair, _ in
            !kept.contains(pair) && !pair.contains(where: ofNobody.contains)
        }
        let sorted = usable.sorted { a, b in
            func key(_ pair: Set<Identifier>) -> ([Int], [Identifier]) {
                let sides = pair.sorted { $0.lexicographicallyPrecedes($1) }
                return (sides.map(rank).sorted(), sides)
            }
            let (left, right) = (key(a.key), key(b.key))
            if left.0 != right.0 { return left.0.lexicographicallyPrecedes(right.0) }
            if a.value != b.value { return a.value < b.value }
            return left.1.joined(separator: ["\0"]).lexicographicallyPrecedes(
                right.1.joined(separator: ["\0"]))
        }
        var groups = seen.keys.map { Set([$0]) }
        for (pair, _) in sorted {
            let touched = groups.filter { !$0.isDisjoint(with: pair) }
            guard touched.count == 2 else { continue }
            let union = touched[0].union(touched[1])
            if Self.areTooMany(touched[0], touched[1])
                || kept.contains(where: { $0.isSubset(of: union) })
            {
                continue
            }
            groups.removeAll { touched.contains($0) }
            groups.append(union)
        }
        profiles = Set(groups)
        self.ofNobody = Set(ofNobody)
    }

    /// Whether two groups together have more identifiers of a type than a profile may.
    static func areTooMany(_ some: Set<Identifier>, _ others: Set<Identifier>) -> Bool {
        LinkRig.limits.contains { type, limit in
            let counts = [some, others].map { $0.count { $0[0] == type } }
            return counts.allSatisfy { $0 > 0 } && counts[0] + counts[1] > limit
        }
    }
}

extension LinkRig {
    /// The identifiers of each profile, as `.profiles` told them.
    var members: Set<Set<ProfileOracle.Identifier>> { Self.members(profiles) }

    /// The identifiers of each profile, of what `.profiles` says last of each.
    static func members(_ profiles: [String: String]) -> Set<Set<ProfileOracle.Identifier>> {
        var found: Set<Set<ProfileOracle.Identifier>> = []
        for text in profiles.values {
            var members: Set<ProfileOracle.Identifier> = []
            for (type, _) in limits {
                guard let range = text.range(of: "\"\(type)\":[") else { continue }
                let list = text[range.upperBound...].prefix { $0 != "]" }
                for value in list.split(separator: ",") {
                    members.insert([type, value.filter { $0 != "\"" }])
                }
            }
            found.insert(members)
        }
        return found
    }
}
