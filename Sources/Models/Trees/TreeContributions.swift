/// What each feature adds to a prediction: SHAP values, by the paths of the trees.
///
/// The arithmetic is the library's, step by step, in the precision that it uses, so that sums of
/// many small terms come out the same.
///
/// - Source: Lundberg, Erion and Lee, "Consistent Individualized Feature Attribution for Tree
///   Ensembles", algorithm 2; as XGBoost (`cpu_treeshap`) and LightGBM (`Tree::TreeSHAP`) have it.
struct TreeContributions<Scalar: BinaryFloatingPoint & Sendable>: ~Copyable {
    private struct PathElement {
        var feature: Int32
        var zeroFraction: Scalar
        var oneFraction: Scalar
        var weight: Scalar
    }

    private struct Node {
        var feature: Int32 = -1
        var left: Int32 = 0
        var right: Int32 = 0
        /// The share of the training data of the node that went left, and right.
        var leftFraction: Scalar = 0
        var rightFraction: Scalar = 0
        var value: Scalar = 0
    }

    private struct Tree {
        var nodes: [Node]
        var mean: Scalar
        var depth: Int
        var group: Int
    }

    private let ensemble: TreeEnsemble
    private let isSingle: Bool
    private let trees: [Tree]
    private var path: [PathElement]
    private var goesLeft: [Bool] = []
    private var own: [Scalar]
    private var sums: [Scalar]

    /// - Throws: when the file does not say how much data came to each node.
    init(_ ensemble: TreeEnsemble) throws(ModelProblem) {
        self.ensemble = ensemble
        isSingle = ensemble.arithmetic == .single
        var trees: [Tree] = []
        var deepest = 0
        for (index, tree) in ensemble.trees.enumerated() {
            guard tree.weights.count == tree.nodes.count else {
                throw ModelProblem(
                    "tree \(index) does not say how much data came to its nodes",
                    remedy: "write the model with its statistics, or ask for no contributions")
            }
            let depth = ensemble.program.trees[index].depth
            deepest = max(deepest, depth)
            trees.append(try Self.prepare(tree, depth: depth, isSingle: isSingle))
        }
        self.trees = trees
        let room = (deepest + 2) * (deepest + 3) / 2 + deepest + 2
        path = Array(
            repeating: PathElement(feature: -1, zeroFraction: 0, oneFraction: 0, weight: 0),
            count: room)
        own = Array(repeating: 0, count: ensemble.featureCount)
        sums = Array(repeating: 0, count: ensemble.featureCount + 1)
    }

    private static func prepare(
        _ tree: DecisionTree, depth: Int, isSingle: Bool
    ) throws(ModelProblem) -> Tree {
        var nodes = [Node](repeating: Node(), count: tree.nodes.count)
        var means = [Scalar](repeating: 0, count: tree.nodes.count)
        let order = try tree.order()
        for index in order.reversed() {
            switch tree.nodes[index] {
            case .leaf(let value):
                nodes[index].value = Scalar(value)
                means[index] = Scalar(value)
            case .split(let feature, _, let left, let right):
                nodes[index].feature = Int32(feature)
                nodes[index].left = Int32(left)
                nodes[index].right = Int32(right)
                let weight = Scalar(tree.weights[index])
                let (leftWeight, rightWeight) = (
                    Scalar(tree.weights[left]), Scalar(tree.weights[right])
                )
                nodes[index].leftFraction = leftWeight / weight
                nodes[index].rightFraction = rightWeight / weight
                means[index] = (means[left] * leftWeight + means[right] * rightWeight) / weight
            }
        }
        var mean = means[0]
        if !isSingle { mean = Self.expectation(of: tree, order) }
        return Tree(nodes: nodes, mean: mean, depth: depth, group: tree.group)
    }

    /// The mean over the leaves at once, as LightGBM takes it.
    private static func expectation(of tree: DecisionTree, _ order: [Int]) -> Scalar {
        guard tree.nodes.count > 1 else {
            if case .leaf(let value) = tree.nodes[0] { return Scalar(value) }
            return 0
        }
        var mean: Scalar = 0
        for index in tree.nodes.indices {
            if case .leaf(let value) = tree.nodes[index] {
                mean += Scalar(tree.weights[index]) / Scalar(tree.weights[0]) * Scalar(value)
            }
        }
        return mean
    }

    /// The contributions of every feature to each sum of a row, then the bias; they add up to the
    /// sum that the link is applied to.
    mutating func explain(
        _ row: UnsafePointer<Double>, into results: UnsafeMutablePointer<Double>
    ) {
        let width = ensemble.featureCount + 1
        for group in 0..<ensemble.groupCount {
            for index in 0..<width { sums[index] = 0 }
            for (index, tree) in trees.enumerated() where tree.group == group {
                unsafe decide(ensemble.trees[index], row)
                for feature in own.indices { own[feature] = 0 }
                if tree.nodes.count > 1 {
                    walk(tree, node: 0, depth: 0, start: 0, 1, 1, feature: -1)
                }
                for feature in own.indices { sums[feature] += own[feature] }
                sums[width - 1] += tree.mean
            }
            sums[width - 1] += Scalar(ensemble.base[group])
            for index in 0..<width {
                // LightGBM does not divide those of a forest by its rounds, and neither do we.
                unsafe results[group * width + index] = Double(sums[index])
            }
        }
    }

    /// Which way the row goes at every split, also at those that it does not come to.
    private mutating func decide(_ tree: DecisionTree, _ row: UnsafePointer<Double>) {
        goesLeft.removeAll(keepingCapacity: true)
        for node in tree.nodes {
            guard case .split(let feature, let split, _, _) = node else {
                goesLeft.append(false)
                continue
            }
            goesLeft.append(split.goesLeft(unsafe row[feature]))
        }
    }

    private mutating func walk(
        _ tree: Tree, node: Int, depth: Int, start: Int, _ zero: Scalar, _ one: Scalar,
        feature: Int32
    ) {
        // The path of the parent, which this branch may change.
        let begin = start + depth + 1
        if depth > 0 {
            for index in 0...depth - 1 { path[begin + index] = path[start + index] }
        }
        extend(begin, depth, zero, one, feature)
        let here = tree.nodes[node]
        guard here.feature >= 0 else {
            for index in stride(from: 1, through: depth, by: 1) {
                let weight = unwoundSum(begin, depth, index)
                let element = path[begin + index]
                own[Int(element.feature)] +=
                    weight * (element.oneFraction - element.zeroFraction) * here.value
            }
            return
        }
        var depth = depth
        var (incomingZero, incomingOne): (Scalar, Scalar) = (1, 1)
        if let index = (0...depth).first(where: { path[begin + $0].feature == here.feature }) {
            incomingZero = path[begin + index].zeroFraction
            incomingOne = path[begin + index].oneFraction
            unwind(begin, depth, index)
            depth -= 1
        }
        let isLeft = goesLeft[node]
        let (hot, cold) = isLeft ? (here.left, here.right) : (here.right, here.left)
        let (hotShare, coldShare) =
            isLeft
            ? (here.leftFraction, here.rightFraction) : (here.rightFraction, here.leftFraction)
        walk(
            tree, node: Int(hot), depth: depth + 1, start: begin, hotShare * incomingZero,
            incomingOne, feature: here.feature)
        walk(
            tree, node: Int(cold), depth: depth + 1, start: begin, coldShare * incomingZero, 0,
            feature: here.feature)
    }

    private mutating func extend(
        _ begin: Int, _ depth: Int, _ zero: Scalar, _ one: Scalar, _ feature: Int32
    ) {
        path[begin + depth] = PathElement(
            feature: feature, zeroFraction: zero, oneFraction: one, weight: depth == 0 ? 1 : 0)
        let length = Scalar(depth + 1)
        for index in stride(from: depth - 1, through: 0, by: -1) {
            path[begin + index + 1].weight +=
                one * path[begin + index].weight * Scalar(index + 1) / length
            path[begin + index].weight =
                zero * path[begin + index].weight * Scalar(depth - index) / length
        }
    }

    private mutating func unwind(_ begin: Int, _ depth: Int, _ removed: Int) {
        let (one, zero) = (path[begin + removed].oneFraction, path[begin + removed].zeroFraction)
        let length = Scalar(depth + 1)
        var portion = path[begin + depth].weight
        for index in stride(from: depth - 1, through: 0, by: -1) {
            let weight = path[begin + index].weight
            if one != 0 {
                path[begin + index].weight = portion * length / (Scalar(index + 1) * one)
                portion =
                    weight - path[begin + index].weight * zero * Scalar(depth - index) / length
            } else {
                path[begin + index].weight = weight * length / (zero * Scalar(depth - index))
            }
        }
        for index in removed..<depth {
            path[begin + index].feature = path[begin + index + 1].feature
            path[begin + index].zeroFraction = path[begin + index + 1].zeroFraction
            path[begin + index].oneFraction = path[begin + index + 1].oneFraction
        }
    }

    private func unwoundSum(_ begin: Int, _ depth: Int, _ removed: Int) -> Scalar {
        let (one, zero) = (path[begin + removed].oneFraction, path[begin + removed].zeroFraction)
        let length = Scalar(depth + 1)
        var portion = path[begin + depth].weight
        var total: Scalar = 0
        for index in stride(from: depth - 1, through: 0, by: -1) {
            if one != 0 {
                let term = portion * length / (Scalar(index + 1) * one)
                total += term
                portion =
                    path[begin + index].weight - term * zero * (Scalar(depth - index) / length)
            } else if zero != 0 {
                total += path[begin + index].weight / zero / (Scalar(depth - index) / length)
            }
        }
        return total
    }
}

extension DecisionTree.Split {
    /// Which way a value goes; NaN is missing.
    func goesLeft(_ value: Double) -> Bool {
        switch self {
        case .below(let threshold, let missingGoesLeft):
            value.isNaN ? missingGoesLeft : Float(value) < threshold
        case .atMost(let threshold, let rule):
            TreeProgram.key(of: value, by: .double(rule)) <= TreeProgram.key(threshold)
        case .category(let set, let membersGoLeft, let missingGoesLeft):
            set.holds(value).map { $0 == membersGoLeft } ?? missingGoesLeft
        }
    }
}

extension DecisionTree.CategorySet {
    /// Whether a category is in the set; `nil` when it is missing.
    func holds(_ value: Double) -> Bool? {
        if value.isNaN { return nil }
        guard value > -1, value < 16_777_216 else { return false }
        let category = Int(value)
        return category / 32 < words.count
            && words[category / 32] >> UInt32(category % 32) & 1 == 1
    }
}
