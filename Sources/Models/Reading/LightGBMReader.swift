/// Reads a model that LightGBM wrote as text: `Booster.save_model`.
///
/// - Source: LightGBM's `GBDT::SaveModelToString` and `Tree`.
enum LightGBMReader {
    static func isLightGBM(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: Array("tree\n".utf8)) || bytes.starts(with: Array("tree\r".utf8))
    }

    static func read(
        _ bytes: [UInt8]
    ) throws(ModelProblem) -> (ensemble: TreeEnsemble, featureNames: [String]) {
        let (sections, isWhole) = sections(bytes)
        guard isWhole else {
            throw ModelProblem(
                "the model ends before its 'end of trees'", remedy: "write the model again")
        }
        let head = sections[0]
        let perRound = try head.count("num_tree_per_iteration", limit: 100_000)
        let featureCount = try head.count("max_feature_idx", limit: 1_000_000) + 1
        guard perRound > 0 else { throw ModelProblem("the model has no trees in a round") }
        var trees: [DecisionTree] = []
        for (index, section) in sections.dropFirst().enumerated() {
            var tree = try self.tree(section, "tree \(index)")
            tree.group = index % perRound
            trees.append(tree)
        }
        guard trees.count % perRound == 0 else {
            throw ModelProblem("the model ends within a round of trees")
        }
        let names = (head.lines["feature_names"] ?? "").split(separator: " ").map(String.init)
        guard names.isEmpty || names.count == featureCount else {
            throw ModelProblem("the model has \(featureCount) features and \(names.count) names")
        }
        let rounds = trees.count / perRound
        let ensemble = try TreeEnsemble(
            trees, arithmetic: .double, link: try link(head.lines["objective"] ?? ""),
            featureCount: featureCount, base: Array(repeating: 0, count: perRound),
            divisor: head.flags.contains("average_output") ? Double(max(rounds, 1)) : 1)
        return (ensemble, names)
    }

    // MARK: Lines

    /// The lines of the head, or of a tree.
    private struct Section {
        var lines: [String: String] = [:]
        var flags: Set<String> = []

        func count(_ name: String, limit: Int) throws(ModelProblem) -> Int {
            guard let text = lines[name], let count = Int(text), (0...limit).contains(count) else {
                throw ModelProblem("'\(name)' of the model is no number from 0 to \(limit)")
            }
            return count
        }

        func numbers(
            _ name: String, _ count: Int, in place: String
        ) throws(ModelProblem) -> [Double] {
            let texts = (lines[name] ?? "").split(separator: " ")
            let numbers = texts.compactMap { Double($0) }
            guard texts.count == count, numbers.count == count else {
                throw ModelProblem("'\(name)' of \(place) is no list of \(count) numbers")
            }
            return numbers
        }

        func integers(
            _ name: String, _ count: Int, in place: String
        ) throws(ModelProblem) -> [Int] {
            let integers = try numbers(name, count, in: place).compactMap { Int(exactly: $0) }
            guard integers.count == count else {
                throw ModelProblem("'\(name)' of \(place) is no list of whole numbers")
            }
            return integers
        }
    }

    /// The head and the trees, and whether the file has its end.
    private static func sections(_ bytes: [UInt8]) -> ([Section], isWhole: Bool) {
        var sections = [Section()]
        for line in bytes.split(separator: 0x0A) {
            let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            if text == "end of trees" { return (sections, true) }
            guard let separator = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                sections[sections.count - 1].flags.insert(text)
                continue
            }
            let name = String(text[..<separator])
            if name == "Tree" { sections.append(Section()) }
            sections[sections.count - 1].lines[name] = String(text[text.index(after: separator)...])
        }
        return (sections, false)
    }

    // MARK: Objective

    private static func link(_ objective: String) throws(ModelProblem) -> TreeEnsemble.Link {
        let words = objective.split(separator: " ").map(String.init)
        switch words.first ?? "" {
        case "binary", "multiclassova":
            let slope = words.first { $0.hasPrefix("sigmoid:") }
                .flatMap { Double($0.dropFirst("sigmoid:".count)) }
            return .logistic(slope: slope ?? 1)
        case "cross_entropy", "xentropy": return .logistic(slope: 1)
        case "cross_entropy_lambda", "xentlambda": return .softplus
        case "multiclass", "softmax": return .softmax
        case "poisson", "gamma", "tweedie": return .exponential
        case "regression", "regression_l2", "regression_l1", "huber", "fair", "quantile", "mape",
            "l1", "l2":
            return words.contains("sqrt") ? .signedSquare : .identity
        case "lambdarank", "rank_xendcg", "custom", "": return .identity
        default:
            throw ModelProblem(
                "the objective '\(objective)' is not known",
                remedy: "train with one of LightGBM's own objectives")
        }
    }

    // MARK: Trees

    private static func tree(
        _ section: Section, _ place: String
    ) throws(ModelProblem) -> DecisionTree {
        let leafCount = try section.count("num_leaves", limit: 10_000_000)
        guard leafCount > 0 else { throw ModelProblem("\(place) has no leaves") }
        if section.lines["is_linear"] == "1" {
            throw ModelProblem(
                "\(place) has linear models in its leaves", remedy: "train without 'linear_tree'")
        }
        let values = try section.numbers("leaf_value", leafCount, in: place)
        let splitCount = leafCount - 1
        var tree = DecisionTree()
        guard splitCount > 0 else {
            tree.nodes = [.leaf(values[0])]
            tree.weights = [1]
            return tree
        }
        let features = try section.integers("split_feature", splitCount, in: place)
        let thresholds = try section.numbers("threshold", splitCount, in: place)
        let types = try section.integers("decision_type", splitCount, in: place)
        let left = try section.integers("left_child", splitCount, in: place)
        let right = try section.integers("right_child", splitCount, in: place)
        let sets = try categories(section, in: place)
        // Splits keep their numbers; leaf i, which a child of ~i names, stands behind them.
        func child(_ index: Int) -> Int { index >= 0 ? index : splitCount + ~index }
        for node in 0..<splitCount {
            let split = try self.split(types[node], thresholds[node], sets, place)
            tree.nodes.append(
                .split(
                    feature: features[node], split, left: child(left[node]),
                    right: child(right[node])))
        }
        tree.nodes += values.map { .leaf($0) }
        if section.lines["internal_count"] != nil, section.lines["leaf_count"] != nil {
            tree.weights = try section.numbers("internal_count", splitCount, in: place)
            tree.weights += try section.numbers("leaf_count", leafCount, in: place)
        }
        return tree
    }

    private static func split(
        _ type: Int, _ threshold: Double, _ sets: [DecisionTree.CategorySet], _ place: String
    ) throws(ModelProblem) -> DecisionTree.Split {
        if type & 1 == 1 {
            guard let index = Int(exactly: threshold), sets.indices.contains(index) else {
                throw ModelProblem("\(place) has a split by categories that are not there")
            }
            return .category(set: sets[index], membersGoLeft: true, missingGoesLeft: false)
        }
        let goesLeft = type & 2 != 0
        switch type >> 2 & 3 {
        case 0: return .atMost(threshold, .none)
        case 1: return .atMost(threshold, .zero(goesLeft: goesLeft))
        case 2: return .atMost(threshold, .notANumber(goesLeft: goesLeft))
        default: throw ModelProblem("\(place) has an unknown way to treat missing values")
        }
    }

    private static func categories(
        _ section: Section, in place: String
    ) throws(ModelProblem) -> [DecisionTree.CategorySet] {
        guard let text = section.lines["num_cat"], text != "0" else { return [] }
        let count = try section.count("num_cat", limit: 10_000_000)
        let bounds = try section.integers("cat_boundaries", count + 1, in: place)
        let total = bounds.last ?? 0
        let words = try section.integers("cat_threshold", max(total, 0), in: place)
        var sets: [DecisionTree.CategorySet] = []
        for index in 0..<count {
            let (start, end) = (bounds[index], bounds[index + 1])
            guard start >= 0, start <= end, end <= words.count else {
                throw ModelProblem("the categories of \(place) can't be read")
            }
            sets.append(.init(words: words[start..<end].map { UInt32(truncatingIfNeeded: $0) }))
        }
        return sets
    }
}
