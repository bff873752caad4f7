/// Gradient-boosted trees, ready to be walked.
struct TreeEnsemble: Sendable {
    /// How the library adds up leaves: results are equal only when we add as it does.
    enum Arithmetic: Sendable {
        case single
        case double
    }

    /// What is made of the sums.
    enum Link: Sendable, Equatable {
        case identity
        /// The logistic function of the sum times `slope`.
        case logistic(slope: Double)
        case exponential
        case softmax
        /// The index of the largest.
        case largest
        /// 1 above zero, else 0.
        case sign
        /// The sum squared, with its sign.
        case signedSquare
        /// log(1 + exp(sum)).
        case softplus
    }

    let arithmetic: Arithmetic
    let link: Link
    let featureCount: Int
    let groupCount: Int
    /// What each sum starts with.
    let base: [Double]
    /// What each sum is divided by: the number of rounds of a forest, else 1.
    let divisor: Double
    let trees: [DecisionTree]
    let program: TreeProgram

    init(
        _ trees: [DecisionTree], arithmetic: Arithmetic, link: Link, featureCount: Int,
        base: [Double], divisor: Double = 1
    ) throws(ModelProblem) {
        self.arithmetic = arithmetic
        self.link = link
        self.featureCount = featureCount
        self.base = base
        self.divisor = divisor
        groupCount = base.count
        self.trees = trees
        program = try TreeProgram(trees, featureCount: featureCount, groupCount: base.count)
    }

    /// How many numbers a prediction has.
    var outputCount: Int { link == .largest ? 1 : groupCount }
}
