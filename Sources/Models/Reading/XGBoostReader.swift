/// Reads a model that XGBoost wrote as JSON or UBJ: `Booster.save_model`.
///
/// - Source: the schema of XGBoost's model format, and its CPU predictor.
enum XGBoostReader {
    static func isXGBoost(_ file: ModelValue) -> Bool { file["learner"] != nil }

    static func read(
        _ file: ModelValue
    ) throws(ModelProblem) -> (ensemble: TreeEnsemble, featureNames: [String]) {
        let learner = try file.require("learner", in: "the model")
        let parameters = try learner.require("learner_model_param", in: "the learner")
        let featureCount = try parameters.requireCount(
            "num_feature", in: "the model", limit: 1_000_000)
        let classes = try parameters.requireCount("num_class", in: "the model", limit: 100_000)
        let targets =
            parameters["num_target"] == nil
            ? 1 : try parameters.requireCount("num_target", in: "the model", limit: 100_000)
        let groupCount = max(classes, targets, 1)
        let objective = try learner.require("objective", in: "the learner")["name"]?.string ?? ""
        let (link, space) = try self.link(of: objective)
        let base = try base(parameters, groupCount, space)
        let names = learner["feature_names"]?.strings ?? []
        guard names.isEmpty || names.count == featureCount else {
            throw ModelProblem("the model has \(featureCount) features and \(names.count) names")
        }
        let trees = try trees(learner.require("gradient_booster", in: "the learner"))
        let ensemble = try TreeEnsemble(
            trees, arithmetic: .single, link: link, featureCount: featureCount, base: base)
        return (ensemble, names)
    }

    // MARK: Objective

    /// In which terms `base_score` is kept.
    private enum Space {
        case margin, probability, positive
    }

    private static func link(
        of objective: String
    ) throws(ModelProblem) -> (TreeEnsemble.Link, Space) {
        switch objective {
        case "binary:logistic", "reg:logistic": return (.logistic(slope: 1), .probability)
        case "binary:logitraw": return (.identity, .margin)
        case "binary:hinge": return (.sign, .margin)
        case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
            return (.exponential, .positive)
        case "multi:softprob": return (.softmax, .margin)
        case "multi:softmax": return (.largest, .margin)
        case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror",
            "reg:absoluteerror", "reg:quantileerror", "reg:expectileerror", "rank:ndcg",
            "rank:map", "rank:pairwise":
            return (.identity, .margin)
        default:
            throw ModelProblem(
                "the objective '\(objective)' is not known",
                remedy: "train with one of XGBoost's own objectives")
        }
    }

    /// The margins that sums start with. Versions before 3 write one number, later ones a list.
    private static func base(
        _ parameters: ModelValue, _ groupCount: Int, _ space: Space
    ) throws(ModelProblem) -> [Double] {
        let value = try parameters.require("base_score", in: "the model")
        var scores: [Double]?
        if let text = value.string, text.hasPrefix("[") {
            scores = try JSONModelReader.read(Array(text.utf8)).numbers
        } else {
            scores = value.number.map { [$0] } ?? value.numbers
        }
        guard let scores, scores.count == 1 || scores.count == groupCount else {
            throw ModelProblem("'base_score' of the model can't be read")
        }
        var base: [Double] = []
        for score in scores {
            let single = Float(score)
            switch space {
            case .margin: base.append(Double(single))
            case .probability:
                guard single > 0, single < 1 else {
                    throw ModelProblem("'base_score' is \(score), not between 0 and 1")
                }
                base.append(Double(-Mathematics.logarithm(1 / single - 1)))
            case .positive:
                guard single > 0 else {
                    throw ModelProblem("'base_score' is \(score), not above 0")
                }
                base.append(Double(Mathematics.logarithm(single)))
            }
        }
        return base.count == groupCount
            ? base : Array(repeating: base[0], count: groupCount)
    }

    // MARK: Trees

    private static func trees(_ booster: ModelValue) throws(ModelProblem) -> [DecisionTree] {
        let name = booster["name"]?.string ?? "gbtree"
        var model = booster
        var dropped: [Double] = []
        switch name {
        case "gbtree": model = try booster.require("model", in: "the booster")
        case "dart":
            dropped = try booster.requireNumbers("weight_drop", in: "the booster")
            model = try booster.require("gbtree", in: "the booster")
                .require("model", in: "the booster")
        default:
            throw ModelProblem(
                "the booster '\(name)' is not known", remedy: "train with 'gbtree' or 'dart'")
        }
        let list = try model.require("trees", in: "the booster").list ?? []
        let groups = try model.requireNumbers("tree_info", in: "the booster")
        guard groups.count == list.count, dropped.isEmpty || dropped.count == list.count else {
            throw ModelProblem("the model does not say the class of each tree")
        }
        var trees: [DecisionTree] = []
        for (index, value) in list.enumerated() {
            var tree = try self.tree(value, "tree \(index)")
            tree.group = Int(exactly: groups[index]) ?? -1
            if !dropped.isEmpty { scale(&tree, by: Float(dropped[index])) }
            trees.append(tree)
        }
        return trees
    }

    private static func scale(_ tree: inout DecisionTree, by weight: Float) {
        for index in tree.nodes.indices {
            if case .leaf(let value) = tree.nodes[index] {
                tree.nodes[index] = .leaf(Double(weight * Float(value)))
            }
        }
    }

    private static func tree(
        _ value: ModelValue, _ place: String
    ) throws(ModelProblem) -> DecisionTree {
        let parameters = try value.require("tree_param", in: place)
        if let size = parameters["size_leaf_vector"]?.number, size > 1 {
            throw ModelProblem(
                "\(place) has leaves of several values",
                remedy: "train with 'multi_strategy: one_output_per_tree'")
        }
        let left = try value.requireNumbers("left_children", in: place)
        let right = try value.requireNumbers("right_children", in: place)
        let features = try value.requireNumbers("split_indices", in: place)
        let conditions = try value.requireNumbers("split_conditions", in: place)
        let defaults = try flags("default_left", of: value, in: place)
        let types = value["split_type"]?.numbers ?? []
        let count = left.count
        guard
            [right, features, conditions, defaults].allSatisfy({ $0.count == count }),
            types.isEmpty || types.count == count
        else { throw ModelProblem("the lists of \(place) differ in length") }
        let sets = try categories(value, in: place)
        var tree = DecisionTree()
        for node in 0..<count {
            if left[node] == -1 {
                tree.nodes.append(.leaf(Double(Float(conditions[node]))))
                continue
            }
            let goesLeft = defaults[node] != 0
            var split = DecisionTree.Split.below(
                Float(conditions[node]), missingGoesLeft: goesLeft)
            if !types.isEmpty, types[node] == 1 {
                split = .category(
                    set: sets[node] ?? .init(), membersGoLeft: false, missingGoesLeft: goesLeft)
            }
            tree.nodes.append(
                .split(
                    feature: Int(exactly: features[node]) ?? -1, split,
                    left: Int(exactly: left[node]) ?? -1, right: Int(exactly: right[node]) ?? -1))
        }
        let weights = value["sum_hessian"]?.numbers ?? []
        if weights.count == count { tree.weights = weights }
        return tree
    }

    /// A list of 0 and 1, or of false and true.
    private static func flags(
        _ name: String, of value: ModelValue, in place: String
    ) throws(ModelProblem) -> [Double] {
        let list = try value.require(name, in: place)
        if let numbers = list.numbers { return numbers }
        return (list.list ?? []).map { if case .boolean(true) = $0 { 1 } else { 0 } }
    }

    /// The categories of the nodes that split by them.
    private static func categories(
        _ value: ModelValue, in place: String
    ) throws(ModelProblem) -> [Int: DecisionTree.CategorySet] {
        guard let nodes = value["categories_nodes"]?.numbers, !nodes.isEmpty else { return [:] }
        let all = try value.requireNumbers("categories", in: place)
        let starts = try value.requireNumbers("categories_segments", in: place)
        let sizes = try value.requireNumbers("categories_sizes", in: place)
        guard starts.count == nodes.count, sizes.count == nodes.count else {
            throw ModelProblem("the categories of \(place) differ in length")
        }
        var sets: [Int: DecisionTree.CategorySet] = [:]
        for index in nodes.indices {
            guard let node = Int(exactly: nodes[index]), let start = Int(exactly: starts[index]),
                let size = Int(exactly: sizes[index]), start >= 0, size >= 0,
                start <= all.count, size <= all.count - start
            else { throw ModelProblem("the categories of \(place) can't be read") }
            var set = DecisionTree.CategorySet()
            for category in all[start..<start + size] {
                guard let category = Int(exactly: category), (0..<16_777_216).contains(category)
                else { throw ModelProblem("\(place) has a category that can't be") }
                set.insert(category)
            }
            sets[node] = set
        }
        return sets
    }
}
