internal import Crypto

/// Says which identifiers are one profile: a function of the links between them, and of nothing
/// else, so that the order in which the links came does not matter.
///
/// Links are taken by strength: those that a steward decided, then those between stronger types,
/// then older ones. A link joins two profiles unless that gives one of them more identifiers of a
/// type than it may have, or brings together two that a steward keeps apart. What links to more of a
/// stronger type than one profile may have, such as the device of a family, belongs to nobody.
///
/// Last come links by likeness, the likeliest first. Two profiles become one by such a link only when
/// all their descriptions together say so: a chain of likely pairs does not join what is unlike at
/// its ends.
struct ProfileResolver {
    /// An identifier that was seen, by its key.
    struct Member {
        let key: [UInt8]
        let type: Int
        let node: IdentityNode
        /// `nil` without descriptions.
        var likeness: LikenessNode?
    }

    /// Two profiles that may be one, which people should say.
    struct Review {
        let left: Member
        let right: Member
        let weight: Double
        /// Of the fields of the model, as they compare.
        let levels: [Int8]
    }

    struct Resolution {
        /// The profile of each member, in their order.
        var profiles: [ProfileID] = []
        var reviews: [Review] = []
    }

    private struct Edge {
        let left: Int
        let right: Int
        let isDecided: Bool
        let strength: (Int, Int)
        let firstSeen: Int64
    }

    private typealias Decision = IdentityNode.Decision

    /// Two members that are described alike.
    private struct Alike {
        let left: Int
        let right: Int
        let weight: Double
        let levels: [Int8]
    }

    let types: [IdentifierType]
    let likeness: LikenessSettings?

    /// The profiles of members, which are all that hang together, in whatever order.
    func resolve(_ unsorted: [Member]) -> Resolution {
        let order = unsorted.indices.sorted {
            unsorted[$0].key.lexicographicallyPrecedes(unsorted[$1].key)
        }
        let members = order.map { unsorted[$0] }
        var groups = ProfileGroups(members, types)
        for edge in edges(between: members) {
            groups.join(edge.left, edge.right, isDecided: edge.isDecided)
        }
        var resolution = Resolution()
        if let likeness {
            let alike = alike(members, likeness)
            var weights = PairWeights(members, likeness)
            for pair in alike where pair.weight >= likeness.linkWeight {
                groups.join(pair.left, pair.right) { weights.sum($0, $1) >= 0 }
            }
            for pair in alike where groups.couldJoin(pair.left, pair.right) {
                resolution.reviews.append(
                    Review(
                        left: members[pair.left], right: members[pair.right],
                        weight: pair.weight, levels: pair.levels))
            }
        }
        let named = groups.named()
        var profiles = named
        for (place, index) in order.enumerated() { profiles[index] = named[place] }
        resolution.profiles = profiles
        return resolution
    }

    /// How many of some members hang together at the most, through links that count and through
    /// likeness, whether it is enough for a link or not.
    func largestPart(of unsorted: [Member]) -> Int {
        let members = unsorted.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var sets = DisjointSets(count: members.count)
        let linked = edges(between: members).map { ($0.left, $0.right) }
        for (left, right) in linked + neighbours(among: members) {
            sets.unite(sets.root(left), sets.root(right))
        }
        var counts = Array(repeating: 0, count: members.count)
        for place in members.indices { counts[sets.root(place)] += 1 }
        return counts.max() ?? 0
    }

    /// The pairs that were found to be described alike, and of which neither is of nobody. `members` are
    /// in the order of their keys.
    private func neighbours(among members: [Member]) -> [(Int, Int)] {
        var pairs: [(Int, Int)] = []
        for (left, member) in members.enumerated() {
            guard let node = member.likeness, !isOfNobody(member.node, type: member.type)
            else { continue }
            for neighbour in node.alike {
                guard let right = members.place(of: neighbour.key), left < right,
                    !isOfNobody(members[right].node, type: members[right].type)
                else { continue }
                pairs.append((left, right))
            }
        }
        return pairs
    }

    /// The pairs that are likely enough to be asked about, the likeliest first. What people decided
    /// is not asked again.
    private func alike(
        _ members: [Member], _ likeness: LikenessSettings
    ) -> [Alike] {
        var pairs: [Alike] = []
        for (left, right) in neighbours(among: members) {
            let decision = members[left].node[members[right].key]?.decision ?? Decision.none
            guard decision == Decision.none,
                let node = members[left].likeness, let other = members[right].likeness,
                let found = likeness.weight(of: node, other),
                found.weight >= likeness.reviewWeight, likeness.haveBlock(node, other)
            else { continue }
            pairs.append(
                Alike(left: left, right: right, weight: found.weight, levels: found.levels))
        }
        return pairs.sorted { ($1.weight, $0.left, $0.right) < ($0.weight, $1.left, $1.right) }
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

    private func edges(between members: [Member]) -> [Edge] {
        let areOfNobody = members.map { isOfNobody($0.node, type: $0.type) }
        var edges: [Edge] = []
        for (left, member) in members.enumerated() {
            for link in member.node.links {
                // Each link stands in both nodes.
                guard let right = members.place(of: link.key), left < right else { continue }
                let isDecided = link.decision == .mustLink
                guard isDecided || link.isEvidence && !areOfNobody[left] && !areOfNobody[right]
                else { continue }
                let pair = (member.type, members[right].type)
                edges.append(
                    Edge(
                        left: left, right: right, isDecided: isDecided,
                        strength: (min(pair.0, pair.1), max(pair.0, pair.1)),
                        // A hub does not know of every link that it was seen with.
                        firstSeen: isDecided ? 0 : link.firstSeen))
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

extension ProfileID {
    /// The name of the profile whose oldest identifier has this key.
    init(of key: [UInt8]) {
        let digest = SHA256.hash(data: key)
        let (high, low) = unsafe digest.withUnsafeBytes { bytes in
            unsafe (
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
            )
        }
        self.init(high: UInt64(bigEndian: high), low: UInt32(bigEndian: low))
    }
}

extension [ProfileResolver.Member] {
    /// Where a member stands among some in the order of their keys.
    func place(of key: [UInt8]) -> Int? {
        let found = place(of: key, \.key)
        return found.isThere ? found.place : nil
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

    static func typeName(_ key: [UInt8]) -> String {
        String(decoding: key.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The text of an identifier of a type.
    static func text(_ key: [UInt8]) -> String {
        let start = key.firstIndex(of: 0).map { $0 + 1 } ?? 0
        return String(decoding: key[start...], as: UTF8.self)
    }
}
