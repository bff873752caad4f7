internal import Events
internal import JSONSchema

/// Says which identifiers are one profile: a function of the links between them, and of nothing
/// else, so that the order in which the links came does not matter.
///
/// Links are taken by strength: those that a steward decided, then those between stronger types,
/// then older ones. A link joins two profiles unless that gives one of them more identifiers of a
/// type than it may have, or brings together two that a steward keeps apart. What links to more of a
/// stronger type than one profile may have, such as the device of a family, belongs to nobody.
struct ProfileResolver {
    /// An identifier that was seen, by its key.
    struct Member {
        let key: [UInt8]
        let type: Int
        let node: IdentityNode
    }

    private struct Edge {
        let left: Int
        let right: Int
        let isDecided: Bool
        let strength: (Int, Int)
        let firstSeen: Int64
    }

    let types: [IdentifierType]

    /// The profile of each member. The members are all that hang together, in whatever order.
    func profiles(of members: [Member]) -> [[UInt8]: ProfileID] {
        let members = members.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var places: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() { places[member.key] = place }
        var groups = Groups(members, types)
        for edge in edges(between: members, places) {
            groups.join(edge.left, edge.right, isDecided: edge.isDecided)
        }
        return groups.named()
    }

    /// Whether an identifier is of nobody: a hub, or shared between profiles.
    func isOfNobody(_ node: IdentityNode, type: Int) -> Bool {
        if node.isHub { return true }
        for stronger in 0..<type {
            var count = 0
            for link in node.links where link.isEvidence {
                if IdentifierKey.hasType(types[stronger], link.key) { count += 1 }
            }
            if count > types[stronger].limit { return true }
        }
        return false
    }

    private func edges(between members: [Member], _ places: [[UInt8]: Int]) -> [Edge] {
        let areOfNobody = members.map { isOfNobody($0.node, type: $0.type) }
        var edges: [Edge] = []
        for (left, member) in members.enumerated() {
            for link in member.node.links {
                // Each link stands in both nodes.
                guard let right = places[link.key], left < right else { continue }
                let isDecided = link.decision == .mustLink
                guard isDecided || link.isEvidence && !areOfNobody[left] && !areOfNobody[right]
                else { continue }
                let pair = (member.type, members[right].type)
                edges.append(
                    Edge(
                        left: left, right: right, isDecided: isDecided,
                        strength: (min(pair.0, pair.1), max(pair.0, pair.1)),
                        firstSeen: link.firstSeen))
            }
        }
        // Members are in the order of their keys, so their places decide between equals.
        return edges.sorted { a, b in
            if a.isDecided != b.isDecided { return a.isDecided }
            if a.strength != b.strength { return a.strength < b.strength }
            if a.firstSeen != b.firstSeen { return a.firstSeen < b.firstSeen }
            return (a.left, a.right) < (b.left, b.right)
        }
    }
}

/// Members that are one profile, as far as is known: a disjoint-set forest with limits.
private struct Groups {
    private let members: [ProfileResolver.Member]
    private let types: [IdentifierType]
    private var parents: [Int]
    /// How many identifiers of each type a group has, by its root.
    private var counts: [[Int]]
    /// Pairs that must not be together.
    private var apart: [(Int, Int)] = []

    init(_ members: [ProfileResolver.Member], _ types: [IdentifierType]) {
        self.members = members
        self.types = types
        parents = Array(members.indices)
        counts = members.map { member in types.indices.map { $0 == member.type ? 1 : 0 } }
        var places: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() { places[member.key] = place }
        for (left, member) in members.enumerated() {
            for link in member.node.links where link.decision == .cannotLink {
                if let right = places[link.key], left < right { apart.append((left, right)) }
            }
        }
    }

    private mutating func root(_ place: Int) -> Int {
        var place = place
        while parents[place] != place {
            parents[place] = parents[parents[place]]
            place = parents[place]
        }
        return place
    }

    mutating func join(_ left: Int, _ right: Int, isDecided: Bool) {
        let (a, b) = (root(left), root(right))
        if a == b { return }
        for (one, other) in apart {
            let pair = (root(one), root(other))
            if pair == (a, b) || pair == (b, a) { return }
        }
        if !isDecided {
            for type in types.indices
            where counts[a][type] > 0 && counts[b][type] > 0
                && counts[a][type] + counts[b][type] > types[type].limit
            {
                return
            }
        }
        parents[b] = a
        for type in types.indices { counts[a][type] += counts[b][type] }
    }

    /// The name of each member's profile: that of its oldest identifier, of equally old ones the
    /// strongest.
    mutating func named() -> [[UInt8]: ProfileID] {
        var oldest: [Int: Int] = [:]
        for (place, member) in members.enumerated() {
            let root = root(place)
            guard let known = oldest[root] else {
                oldest[root] = place
                continue
            }
            let other = members[known]
            if (member.node.firstSeen, member.type) < (other.node.firstSeen, other.type) {
                oldest[root] = place
            }
        }
        let names = oldest.mapValues { ProfileID(of: members[$0].key) }
        var profiles: [[UInt8]: ProfileID] = [:]
        for (place, member) in members.enumerated() { profiles[member.key] = names[root(place)] }
        return profiles
    }
}

extension ProfileID {
    /// The name of the profile whose oldest identifier has this key.
    init(of key: [UInt8]) {
        let digest = SHA256.hexadecimal(of: key)
        self.init(
            high: UInt64(digest.prefix(16), radix: 16) ?? 0,
            low: UInt32(digest.dropFirst(16).prefix(8), radix: 16) ?? 0)
    }
}

/// The key of an identifier: the name of its type, a zero, its text.
enum IdentifierKey {
    static func make(_ type: IdentifierType, _ text: String) -> [UInt8] {
        Array(type.name.utf8) + [0] + Array(text.utf8)
    }

    static func hasType(_ type: IdentifierType, _ key: [UInt8]) -> Bool {
        let name = type.name.utf8
        return key.count > name.count && key[name.count] == 0 && key.starts(with: name)
    }

    /// The text of an identifier of a type.
    static func text(_ key: [UInt8]) -> String {
        let start = key.firstIndex(of: 0).map { $0 + 1 } ?? 0
        return String(decoding: key[start...], as: UTF8.self)
    }
}
