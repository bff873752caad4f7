/// Members that are one profile, as far as is known: disjoint sets with limits.
struct ProfileGroups {
    private let members: [ProfileResolver.Member]
    private let types: [IdentifierType]
    private var sets: DisjointSets
    /// How many identifiers of each type a group has, by its root.
    private var counts: [[Int]]
    /// Pairs that must not be together.
    private var apart: [(Int, Int)] = []

    init(_ members: [ProfileResolver.Member], _ types: [IdentifierType]) {
        self.members = members
        self.types = types
        sets = DisjointSets(count: members.count)
        counts = members.map { member in types.indices.map { $0 == member.type ? 1 : 0 } }
        for (left, member) in members.enumerated() {
            for link in member.node.links where link.decision == .cannotLink {
                if let right = members.place(of: link.key), left < right {
                    apart.append((left, right))
                }
            }
        }
    }

    private mutating func root(_ place: Int) -> Int { sets.root(place) }

    mutating func join(_ left: Int, _ right: Int, isDecided: Bool) {
        let (a, b) = (root(left), root(right))
        if a == b || areApart(a, b) || !isDecided && exceedsLimits(a, b) { return }
        unite(a, b)
    }

    /// Joins two groups when nothing is in the way, and `areAlike` says of the members of both that
    /// they are.
    mutating func join(
        _ left: Int, _ right: Int, where areAlike: (_ some: [Int], _ others: [Int]) -> Bool
    ) {
        guard couldJoin(left, right) else { return }
        let (a, b) = (root(left), root(right))
        if areAlike(group(a), group(b)) { unite(a, b) }
    }

    /// Whether two members are in different groups that nothing keeps apart.
    mutating func couldJoin(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (root(left), root(right))
        return a != b && !areApart(a, b) && !exceedsLimits(a, b)
    }

    private mutating func group(_ root: Int) -> [Int] {
        members.indices.filter { self.root($0) == root }
    }

    private mutating func areApart(_ a: Int, _ b: Int) -> Bool {
        for (one, other) in apart {
            let pair = (root(one), root(other))
            if pair == (a, b) || pair == (b, a) { return true }
        }
        return false
    }

    private func exceedsLimits(_ a: Int, _ b: Int) -> Bool {
        types.indices.contains { type in
            counts[a][type] > 0 && counts[b][type] > 0
                && counts[a][type] + counts[b][type] > types[type].limit
        }
    }

    private mutating func unite(_ a: Int, _ b: Int) {
        sets.unite(a, b)
        for type in types.indices { counts[a][type] += counts[b][type] }
    }

    /// The name of each member's profile: that of its oldest identifier, of equally old ones the
    /// strongest.
    mutating func named() -> [ProfileID] {
        let roots = members.indices.map { root($0) }
        var oldest = Array(members.indices)
        for (place, root) in roots.enumerated() {
            let (member, other) = (members[place].node, members[oldest[root]].node)
            if (member.firstSeen, members[place].type, place)
                < (other.firstSeen, members[oldest[root]].type, oldest[root])
            {
                oldest[root] = place
            }
        }
        var names: [ProfileID?] = Array(repeating: nil, count: members.count)
        return roots.map { root in
            let name = names[root] ?? ProfileID(of: members[oldest[root]].key)
            names[root] = name
            return name
        }
    }
}

/// What descriptions of members say of each other, each pair worked out once.
struct PairWeights {
    private struct Pair: Hashable {
        let left: Int
        let right: Int
    }

    private let members: [ProfileResolver.Member]
    private let likeness: LikenessSettings
    private var known: [Pair: Double] = [:]

    init(_ members: [ProfileResolver.Member], _ likeness: LikenessSettings) {
        self.members = members
        self.likeness = likeness
    }

    /// The sum over all pairs of two groups; members without a description say nothing.
    mutating func sum(_ some: [Int], _ others: [Int]) -> Double {
        var sum = 0.0
        for left in some {
            for right in others { sum += weight(min(left, right), max(left, right)) }
        }
        return sum
    }

    private mutating func weight(_ left: Int, _ right: Int) -> Double {
        let pair = Pair(left: left, right: right)
        if let weight = known[pair] { return weight }
        var weight = 0.0
        if let a = members[left].likeness, let b = members[right].likeness {
            weight = likeness.weight(of: a, b)?.weight ?? 0
        }
        known[pair] = weight
        return weight
    }
}
