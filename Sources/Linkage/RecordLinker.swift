internal import Glibc

/// Scores pairs of records, and gathers records of the same thing.
public struct RecordLinker {
    private let model: LinkageModel
    private let records: LinkageRecords
    private let priorWeight: Double
    private var levels: [Int8]

    public init(_ model: LinkageModel, _ records: LinkageRecords) {
        self.model = model
        self.records = records
        priorWeight = log2(model.prior / (1 - model.prior))
        levels = Array(repeating: 0, count: model.fields.count)
    }

    /// The logarithm, to base 2, of the odds that two records are of the same thing.
    public mutating func weight(_ left: Int, _ right: Int) -> Double {
        records.levels(left, right, of: model.fields, into: &levels)
        var weight = priorWeight
        for place in model.fields.indices where levels[place] >= 0 {
            let (field, level) = (model.fields[place], Int(levels[place]))
            weight += log2(field.matches[level] / nonMatch(field, level, place, left))
        }
        return weight
    }

    /// A value that is rare is shared by chance less often than one that is common.
    private func nonMatch(
        _ field: LinkageField, _ level: Int, _ place: Int, _ record: Int
    ) -> Double {
        guard level == 0, field.kind.hasFrequencies,
            let value = records.values[record][place], let count = records.counts[place][value]
        else { return field.nonMatches[level] }
        return records.share(of: count)
    }

    /// Pairs of records at least as likely the same thing as not, the likeliest first.
    public mutating func pairs(atLeast threshold: Double = 0) -> [(
        left: Int, right: Int, weight: Double
    )] {
        var found: [(left: Int, right: Int, weight: Double)] = []
        for pair in Candidates.all(model.fields, in: records) {
            let weight = weight(Int(pair.left), Int(pair.right))
            if weight >= threshold { found.append((Int(pair.left), Int(pair.right), weight)) }
        }
        return found.sorted { ($1.weight, $0.left, $0.right) < ($0.weight, $1.left, $1.right) }
    }

    /// For each record the number of its cluster.
    ///
    /// The likeliest pairs are taken first. Two clusters become one when the mean weight of all
    /// pairs between them says that they are the same thing: a chain of likely pairs does not join
    /// what is unlike at its ends.
    public mutating func clusters() -> [Int] {
        var clusterOf = Array(0..<records.count)
        var members = (0..<records.count).map { [$0] }
        for pair in pairs() {
            let (a, b) = (clusterOf[pair.left], clusterOf[pair.right])
            if a == b { continue }
            var sum = 0.0
            for left in members[a] { for right in members[b] { sum += weight(left, right) } }
            if sum < 0 { continue }
            let (large, small) = members[a].count >= members[b].count ? (a, b) : (b, a)
            for record in members[small] { clusterOf[record] = large }
            members[large] += members[small]
            members[small] = []
        }
        return clusterOf
    }
}

/// How well pairs agree with the truth.
public struct LinkageScore: Hashable, Sendable {
    public let found: Int
    public let right: Int
    public let wanted: Int

    public var precision: Double { found == 0 ? 1 : Double(right) / Double(found) }
    public var recall: Double { wanted == 0 ? 1 : Double(right) / Double(wanted) }
    public var f1: Double {
        let sum = precision + recall
        return sum == 0 ? 0 : 2 * precision * recall / sum
    }

    /// Compares pairs of records with the clusters that are true.
    public init(pairs: [(Int, Int)], truth: [String]) {
        var sizes: [String: Int] = [:]
        for name in truth { sizes[name, default: 0] += 1 }
        found = pairs.count
        wanted = sizes.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        right = pairs.count { truth[$0.0] == truth[$0.1] }
    }

    /// Compares clusters with the true ones, by all pairs inside of them.
    public init(clusters: [Int], truth: [String]) {
        func pairs(_ sizes: some Sequence<Int>) -> Int {
            sizes.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
        }
        var found: [Int: Int] = [:]
        var wanted: [String: Int] = [:]
        var both: [[String]: Int] = [:]
        for (cluster, name) in zip(clusters, truth) {
            found[cluster, default: 0] += 1
            wanted[name, default: 0] += 1
            both[["\(cluster)", name], default: 0] += 1
        }
        self.found = pairs(found.values)
        self.wanted = pairs(wanted.values)
        right = pairs(both.values)
    }
}
