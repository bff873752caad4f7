/// Estimates the parameters of a model from records without labels.
///
/// How often values agree in pairs of different things is counted in pairs taken at random, as nearly
/// all of them are. How often they agree in pairs of the same thing comes from expectation
/// maximisation over pairs that share a value: once for each shared field, which says nothing of
/// itself there, and the mean of what the others say.
///
/// - Source: Fellegi and Sunter (1969); Winkler (1988) for the estimation; Linacre et al. (2022) for
///   fixing u and alternating the blocks.
public struct Estimation {
    /// Pairs that are taken at random.
    private static let randomPairs = 500_000
    private static let rounds = 50
    private static let leastShare = 1e-5
    /// How many values of a field have a share of their own.
    private static let frequentValues = 2_000

    private let records: LinkageRecords
    private var model: LinkageModel

    /// The model with parameters as the records have them.
    public static func estimate(
        _ model: LinkageModel, from records: LinkageRecords
    ) -> LinkageModel {
        var estimation = Estimation(records: records, model: model)
        estimation.estimateNonMatches()
        estimation.estimateMatches()
        estimation.estimatePrior()
        estimation.countValues()
        return estimation.model
    }

    private init(records: LinkageRecords, model: LinkageModel) {
        self.records = records
        self.model = model
    }

    /// How often each outcome of all comparisons is there.
    private func patterns(of pairs: some Sequence<Candidates.Pair>) -> [[Int8]: Int] {
        var patterns: [[Int8]: Int] = [:]
        var levels = [Int8](repeating: 0, count: model.fields.count)
        for pair in pairs {
            records.levels(Int(pair.left), Int(pair.right), of: model.fields, into: &levels)
            patterns[levels, default: 0] += 1
        }
        return patterns
    }

    private mutating func estimateNonMatches() {
        let count = records.count
        guard count > 1 else { return }
        let all = count * (count - 1) / 2
        // Every so many-th of all pairs, in a fixed order: no chance, and no dependence on order.
        let step = max(1, all / Self.randomPairs) | 1
        var pairs: [Candidates.Pair] = []
        var (left, right) = (0, 1)
        while left < count - 1 {
            pairs.append(Candidates.Pair(left: Int32(left), right: Int32(right)))
            right += step
            while left < count - 1, right >= count {
                right = right - count + left + 2
                left += 1
            }
        }
        let patterns = patterns(of: pairs)
        for place in model.fields.indices {
            var counts = [Double](repeating: 0.5, count: model.fields[place].kind.levelCount)
            for (pattern, count) in patterns where pattern[place] >= 0 {
                counts[Int(pattern[place])] += Double(count)
            }
            let total = counts.reduce(0, +)
            model.fields[place].nonMatches = counts.map { max($0 / total, Self.leastShare) }
        }
    }

    private mutating func countValues() {
        for place in model.fields.indices where model.fields[place].kind.hasFrequencies {
            model.fields[place].frequencies = records.frequencies(
                ofField: place, atMost: Self.frequentValues)
        }
    }

    private mutating func estimateMatches() {
        var sums = model.fields.map { [Double](repeating: 0, count: $0.kind.levelCount) }
        var weights = [Double](repeating: 0, count: model.fields.count)
        for blocked in model.fields.indices {
            let pairs = Candidates.pairs(.init(fields: [blocked], prefix: nil), in: records)
            guard pairs.count >= 50 else { continue }
            let (matches, mass) = maximise(patterns(of: pairs), without: blocked)
            // A block that holds hardly any pair of the same thing has little to say.
            guard mass >= 20 else { continue }
            for place in model.fields.indices where place != blocked {
                for level in sums[place].indices {
                    sums[place][level] += matches[place][level] * mass
                }
                weights[place] += mass
            }
        }
        for place in model.fields.indices where weights[place] > 0 {
            let shares = sums[place].map { max($0 / weights[place], Self.leastShare) }
            let total = shares.reduce(0, +)
            model.fields[place].matches = shares.map { $0 / total }
        }
    }

    /// Expectation maximisation over patterns, with u as it is; returns m, and how many pairs of
    /// the same thing there are.
    private func maximise(
        _ patterns: [[Int8]: Int], without blocked: Int
    ) -> (matches: [[Double]], mass: Double) {
        let sorted = patterns.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let total = Double(sorted.reduce(0) { $0 + $1.value })
        var matches = model.fields.map { field in LinkageField(name: "", kind: field.kind).matches }
        var share = 0.3
        for _ in 0..<Self.rounds {
            var counts = matches.map { $0.map { _ in 0.01 } }
            var mass = 0.0
            for (pattern, count) in sorted {
                var odds = share / (1 - share)
                for place in pattern.indices where place != blocked && pattern[place] >= 0 {
                    let level = Int(pattern[place])
                    odds *= matches[place][level] / model.fields[place].nonMatches[level]
                }
                let expected = Double(count) * odds / (1 + odds)
                mass += expected
                for place in pattern.indices where place != blocked && pattern[place] >= 0 {
                    counts[place][Int(pattern[place])] += expected
                }
            }
            matches = counts.map { levels in
                let sum = levels.reduce(0, +)
                return levels.map { $0 / sum }
            }
            share = min(max(mass / total, 1e-6), 1 - 1e-6)
        }
        return (matches, share * total)
    }

    private mutating func estimatePrior() {
        let patterns = patterns(of: Candidates.all(model.fields, in: records))
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let all = Double(records.count) * Double(max(records.count - 1, 1)) / 2
        for _ in 0..<Self.rounds {
            var mass = 0.0
            for (pattern, count) in patterns {
                var odds = model.prior / (1 - model.prior)
                for place in pattern.indices where pattern[place] >= 0 {
                    let (field, level) = (model.fields[place], Int(pattern[place]))
                    odds *= field.matches[level] / field.nonMatches[level]
                }
                mass += Double(count) * odds / (1 + odds)
            }
            model.prior = min(max(mass / all, 1e-9), 0.5)
        }
    }
}
