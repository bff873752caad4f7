internal import Glibc

/// Compares records one pair at a time, as they come, with what a model says: nothing is counted in
/// the records themselves.
public struct LinkageComparer: Sendable {
    /// The normalised values of a record by the model's fields; `nil` where it has none.
    public typealias Values = [[UInt8]?]

    public let model: LinkageModel
    private let priorWeight: Double
    /// The weight of each level, by field.
    private let weights: [[Double]]
    private let rules: [Candidates.Rule]

    public init(_ model: LinkageModel) {
        self.model = model
        priorWeight = log2(model.prior / (1 - model.prior))
        weights = model.fields.map { field in
            field.matches.indices.map { log2(field.matches[$0] / field.nonMatches[$0]) }
        }
        rules = Candidates.rules(for: model.fields)
    }

    /// What two records of the same thing are found by: they have one of these in common.
    public func blocks(of values: Values) -> [[UInt8]] {
        rules.enumerated().compactMap { number, rule in
            rule.key(of: values).map { [UInt8(truncatingIfNeeded: number)] + $0 }
        }
    }

    /// The logarithm, to base 2, of the odds that two records are of the same thing; and the level
    /// of each field, -1 where one has no value.
    public func compare(_ left: Values, _ right: Values, levels: inout [Int8]) -> Double {
        LinkageRecords.levels(left, right, of: model.fields, into: &levels)
        var weight = priorWeight
        for place in model.fields.indices where levels[place] >= 0 {
            let level = Int(levels[place])
            if level == 0, let value = left[place],
                let frequencies = model.fields[place].frequencies
            {
                let text = String(decoding: value, as: UTF8.self)
                let share = frequencies.values[text] ?? frequencies.others
                weight += log2(model.fields[place].matches[0] / share)
            } else {
                weight += weights[place][level]
            }
        }
        return weight
    }

    /// What a level is called: `same`, `alike` or `different`.
    public func name(of level: Int8, field: Int) -> String {
        level < 0
            ? "missing"
            : level == 0
                ? "same" : Int(level) == weights[field].count - 1 ? "different" : "alike"
    }

    /// The weight that says that two things are the same with a probability.
    public static func weight(ofProbability probability: Double) -> Double {
        log2(probability / (1 - probability))
    }

    public static func probability(ofWeight weight: Double) -> Double { 1 / (1 + exp2(-weight)) }
}

extension LinkageField.Kind {
    /// Whether it matters how rare a value is that two records share.
    var hasFrequencies: Bool { self == .name || self == .text }
}

extension LinkageRecords {
    /// The share of the records that have a value which is there `count` times: of few records more
    /// than is seen.
    func share(of count: Int) -> Double {
        max(Double(count) / Double(max(self.count, 1)), 1.5 / Double(max(self.count, 2)))
    }

    /// How often values are, the most frequent ones by themselves.
    func frequencies(ofField place: Int, atMost limit: Int) -> LinkageField.Frequencies {
        let sorted = counts[place].filter { $0.value > 1 }
            .sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
        var values: [String: Double] = [:]
        for (value, count) in sorted.prefix(limit) {
            values[String(decoding: value, as: UTF8.self)] = share(of: count)
        }
        let others = sorted.count > limit ? share(of: sorted[limit].value) : share(of: 1)
        return LinkageField.Frequencies(values: values, others: others)
    }
}
