import Linkage

/// An event with identifiers and with what it says of the person.
struct PersonEvent: Hashable {
    var identity: IdentityEvent
    /// By the fields of ``LikenessOracle/fields``.
    var person: [String: String]

    var json: String {
        let members = identity.identifiers.merging(person) { old, _ in old }
            .sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
        return "{\(members.joined(separator: ","))}"
    }
}

/// What profiles and reviews there should be, worked out from all events at once. Only the weight of
/// two descriptions is the operator's.
struct LikenessOracle {
    typealias Identifier = ProfileOracle.Identifier

    static let fields = ["given", "family", "born"]
    static let model = """
        {"prior": 0.02, "fields": [
          {"name": "given", "kind": "name", "matches": [0.8, 0.1, 0.05, 0.02, 0.03],
           "nonMatches": [0.05, 0.02, 0.03, 0.01, 0.89]},
          {"name": "family", "kind": "name", "matches": [0.85, 0.08, 0.03, 0.02, 0.02],
           "nonMatches": [0.02, 0.02, 0.03, 0.01, 0.92],
           "frequencies": {"values": {"klein": 0.3}, "others": 0.01}},
          {"name": "born", "kind": "date", "matches": [0.9, 0.06, 0.03, 0.01],
           "nonMatches": [0.003, 0.01, 0.02, 0.967]}
        ]}
        """

    private(set) var profiles: Set<Set<Identifier>>
    private(set) var reviews: Set<Set<Identifier>> = []

    init(_ events: [PersonEvent], _ comparer: LinkageComparer, link: Double, review: Double) {
        let base = ProfileOracle(events.map(\.identity))
        var groups = Array(base.profiles)
        let order = LinkRig.limits.map(\.0)
        var described: [Identifier: Set<[String?]>] = [:]
        for event in events {
            let names = event.identity.identifiers
            guard let type = order.first(where: { names[$0] != nil }), event.person.count >= 2
            else { continue }
            described[[type, names[type]!], default: []].insert(
                Self.fields.map { event.person[$0] })
        }
        func values(_ person: [String?]) -> LinkageComparer.Values {
            person.map { $0.map { text in Array(text.utf8) } }
        }
        func pairs(_ a: Identifier, _ b: Identifier) -> [([String?], [String?])] {
            (described[a] ?? []).flatMap { x in (described[b] ?? []).map { (x, $0) } }
        }
        func weight(_ a: Identifier, _ b: Identifier) -> Double? {
            var levels: [Int8] = [0, 0, 0]
            let sides = [a, b].sorted { $0.joined(separator: "\0") < $1.joined(separator: "\0") }
            return pairs(sides[0], sides[1]).map {
                comparer.compare(values($0.0), values($0.1), levels: &levels)
            }.max()
        }
        func areCompared(_ a: Identifier, _ b: Identifier) -> Bool {
            pairs(a, b).contains { x, y in
                !Set(comparer.blocks(of: values(x)))
                    .isDisjoint(with: comparer.blocks(of: values(y)))
            }
        }
        let all = described.keys.filter { !base.ofNobody.contains($0) }
            .sorted { $0.joined(separator: "\0") < $1.joined(separator: "\0") }
        var alike: [(a: Identifier, b: Identifier, weight: Double)] = []
        for (place, a) in all.enumerated() {
            for b in all[(place + 1)...] where areCompared(a, b) {
                if let found = weight(a, b), found >= review { alike.append((a, b, found)) }
            }
        }
        // Stable: equal weights stay in the order of the identifiers.
        let sorted = alike.enumerated().sorted {
            ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset)
        }.map(\.element)
        for (a, b, found) in sorted where found >= link {
            let touched = groups.filter { $0.contains(a) || $0.contains(b) }
            guard touched.count == 2, !ProfileOracle.areTooMany(touched[0], touched[1]) else {
                continue
            }
            var sum = 0.0
            for x in touched[0] { for y in touched[1] { sum += weight(x, y) ?? 0 } }
            guard sum >= 0 else { continue }
            groups.removeAll { touched.contains($0) }
            groups.append(touched[0].union(touched[1]))
        }
        for (a, b, _) in sorted {
            let touched = groups.filter { $0.contains(a) || $0.contains(b) }
            if touched.count == 2, !ProfileOracle.areTooMany(touched[0], touched[1]) {
                reviews.insert([a, b])
            }
        }
        profiles = Set(groups)
    }
}
