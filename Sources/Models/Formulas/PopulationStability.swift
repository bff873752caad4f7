/// How far the distribution of a feature has moved from what it was.
package enum PopulationStability {
    /// A class without a share counts as one in ten thousand, else the index would be infinite.
    private static let leastShare = 1e-4

    /// The population stability index of counts against shares: the sum over the classes of
    /// (actual - expected) x ln(actual / expected).
    ///
    /// Below 0.1 is taken for stable, above 0.25 for a shift.
    package static func index(of counts: [Int], against shares: [Double]) -> Double {
        precondition(counts.count == shares.count, "as many counts as shares")
        let total = Double(counts.reduce(0, +))
        guard total > 0 else { return 0 }
        return zip(counts, shares).reduce(0) { sum, pair in
            let actual = max(Double(pair.0) / total, leastShare)
            let expected = max(pair.1, leastShare)
            return sum + (actual - expected) * Mathematics.logarithm(actual / expected)
        }
    }
}

/// The distribution of a feature in a reference file.
package struct Distribution: Sendable {
    package let name: String
    /// Upper bounds of all classes but the last.
    package let edges: [Double]
    /// The shares of the classes, then that of missing values.
    package let shares: [Double]

    /// The distributions of a reference file, in the order of the file.
    package static func read(_ bytes: [UInt8]) throws(ModelProblem) -> [Distribution] {
        let file = try JSONModelReader.read(bytes)
        guard case .object(let members) = file else {
            throw ModelProblem("the file is no JSON object with the names of features")
        }
        var distributions: [Distribution] = []
        for (name, value) in members {
            let edges = try value.requireNumbers("edges", in: "'\(name)'")
            var shares = try value.requireNumbers("shares", in: "'\(name)'")
            guard shares.count == edges.count + 1,
                zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
            else {
                throw ModelProblem("'\(name)' needs edges that rise, and one share more than edges")
            }
            shares.append(
                value["missing"] == nil ? 0 : try value.requireNumber("missing", in: "'\(name)'"))
            guard shares.allSatisfy({ $0 >= 0 }), abs(shares.reduce(0, +) - 1) < 0.01 else {
                throw ModelProblem("the shares of '\(name)' do not add up to 1")
            }
            distributions.append(Distribution(name: name, edges: edges, shares: shares))
        }
        return distributions
    }
}
