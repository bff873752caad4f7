/// One tree of an ensemble, as a file has it.
struct DecisionTree: Sendable {
    /// What a split asks of a feature.
    enum Split: Sendable {
        /// Left when the value is below the threshold, both as `Float`.
        case below(Float, missingGoesLeft: Bool)
        /// Left when the value is at most the threshold.
        case atMost(Double, MissingRule)
        /// By membership in a set; where members go, and where what is missing goes.
        case category(set: CategorySet, membersGoLeft: Bool, missingGoesLeft: Bool)
    }

    /// What counts as missing in front of a split of LightGBM.
    enum MissingRule: Hashable, Sendable {
        /// Nothing: a missing value is zero.
        case none
        /// Zero and what is missing.
        case zero(goesLeft: Bool)
        /// What is missing.
        case notANumber(goesLeft: Bool)
    }

    /// The categories of a split, a bit each.
    struct CategorySet: Sendable {
        var words: [UInt32] = []

        mutating func insert(_ category: Int) {
            let word = category / 32
            while words.count <= word { words.append(0) }
            words[word] |= 1 << UInt32(category % 32)
        }
    }

    enum Node: Sendable {
        case split(feature: Int, Split, left: Int, right: Int)
        case leaf(Double)
    }

    var nodes: [Node] = []
    /// How much of the training data came to each node, for contributions; empty when unknown.
    var weights: [Double] = []
    /// Which of the ensemble's outputs the tree adds to.
    var group = 0

    /// The nodes that can be reached, parents before children; throws when a child is no node or
    /// has two parents.
    func order() throws(ModelProblem) -> [Int] {
        var seen = [Bool](repeating: false, count: nodes.count)
        var order = [0]
        guard !nodes.isEmpty else { throw ModelProblem("a tree has no nodes") }
        seen[0] = true
        var next = 0
        while next < order.count {
            if case .split(_, _, let left, let right) = nodes[order[next]] {
                for child in [left, right] {
                    guard nodes.indices.contains(child), !seen[child] else {
                        throw ModelProblem("a tree of the model is no tree")
                    }
                    seen[child] = true
                    order.append(child)
                }
            }
            next += 1
        }
        return order
    }
}
