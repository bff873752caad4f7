/// Pairs of records that are worth comparing: those that share a value, or the beginnings of two.
public struct Candidates: Sendable {
    public struct Pair: Hashable, Sendable, Comparable {
        let left: Int32
        let right: Int32

        public static func < (a: Pair, b: Pair) -> Bool { (a.left, a.right) < (b.left, b.right) }
    }

    /// A way to group records: by the whole value of a field, or by the beginnings of two fields.
    struct Rule: Hashable {
        let fields: [Int]
        /// How many bytes of each value count; `nil` for all of it.
        let prefix: Int?

        /// What records have in common that this rule puts together; `nil` for one that has no
        /// value there.
        func key(of values: [[UInt8]?]) -> [UInt8]? {
            var key: [UInt8] = []
            for field in fields {
                guard let value = values[field] else { return nil }
                key += prefix.map { value.prefix($0) } ?? value[...]
                key.append(0)
            }
            return key
        }
    }

    /// Groups of more records than this say too little, and are left out.
    static let largestGroup = 150

    static func rules(for fields: [LinkageField]) -> [Rule] {
        var rules = fields.indices.map { Rule(fields: [$0], prefix: nil) }
        for left in fields.indices {
            for right in fields.indices.dropFirst(left + 1) {
                rules.append(Rule(fields: [left, right], prefix: 3))
            }
        }
        return rules
    }

    /// The pairs of a rule, each once, in order.
    static func pairs(_ rule: Rule, in records: LinkageRecords) -> [Pair] {
        var groups: [[UInt8]: [Int32]] = [:]
        for (place, values) in records.values.enumerated() {
            if let key = rule.key(of: values) { groups[key, default: []].append(Int32(place)) }
        }
        var pairs: [Pair] = []
        for group in groups.values where group.count <= largestGroup {
            for (place, left) in group.enumerated() {
                for right in group[(place + 1)...] { pairs.append(Pair(left: left, right: right)) }
            }
        }
        return pairs.sorted()
    }

    /// The pairs of all rules, each once, in order.
    static func all(_ fields: [LinkageField], in records: LinkageRecords) -> [Pair] {
        var pairs: [Pair] = []
        for rule in rules(for: fields) { pairs += Candidates.pairs(rule, in: records) }
        pairs.sort()
        var unique: [Pair] = []
        for pair in pairs where unique.last != pair { unique.append(pair) }
        return unique
    }
}
