import Models
import Testing

@Suite("Models")
struct ModelTests {
    /// One split by a number, one by a category, and three leaves.
    private static func xgboost(
        objective: String = "binary:logitraw", base: String = "[5E-1]", defaultLeft: String = "1, 0"
    ) -> String {
        """
        {"learner": {"feature_names": ["amount", "channel"],
          "learner_model_param": {"base_score": "\(base)", "num_class": "0", "num_feature": "2",
            "num_target": "1"},
          "objective": {"name": "\(objective)"},
          "gradient_booster": {"name": "gbtree", "model": {"tree_info": [0], "trees": [{
            "tree_param": {"num_nodes": "5", "size_leaf_vector": "1"},
            "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1],
            "split_indices": [0, 0, 1, 0, 0], "split_conditions": [1.1, 10, 0, 20, 30],
            "split_type": [0, 0, 1, 0, 0], "default_left": [\(defaultLeft), 0, 0, 0],
            "sum_hessian": [4, 1, 3, 2, 1],
            "categories_nodes": [2], "categories_segments": [0], "categories_sizes": [2],
            "categories": [1, 33]}]}}}, "version": [3, 1, 2]}
        """
    }

    private func predict(_ text: String, _ rows: [[Double]]) throws -> [Double] {
        let model = try Model(Array(text.utf8))
        return try ModelRunner(model).predictions(
            Array(rows.joined()), stride: model.featureCount)
    }

    @Test("XGBoost compares as Float, below goes left, and equal right")
    func threshold() throws {
        // 1.1 as Float is above 1.1 as Double, and so is what is compared with it.
        let below = Double(Float(1.1).nextDown)
        let found = try predict(Self.xgboost(), [[1.1, 0], [below, 0], [Double(Float(1.1)), 0]])
        #expect(found == [20.5, 10.5, 20.5])
    }

    @Test("listed categories go right in XGBoost, all others left, and missing ones by default")
    func categories() throws {
        let rows: [[Double]] = [
            [2, 1], [2, 33], [2, 0], [2, 34], [2, -1], [2, 1e9], [2, 1.9],
        ]
        let found = try predict(Self.xgboost(), rows)
        #expect(found == [30.5, 30.5, 20.5, 20.5, 20.5, 20.5, 30.5])
        #expect(try predict(Self.xgboost(), [[2, .nan]]) == [30.5])
        #expect(try predict(Self.xgboost(), [[.nan, 1]]) == [10.5])
        #expect(try predict(Self.xgboost(defaultLeft: "0, 0"), [[.nan, 1]]) == [30.5])
    }

    @Test("base_score is a probability for logistic objectives, and has been written in two ways")
    func baseScore() throws {
        for base in ["2.5E-1", "[2.5E-1]"] {
            let found = try predict(
                Self.xgboost(objective: "binary:logistic", base: base), [[0, 0]])
            let sum = 10 - 1.0986122886681098
            #expect(
                abs(found[0] - 1 / (1 + Mathematics.powerOfTwo(-sum * 1.4426950408889634))) < 1e-7)
        }
    }

    @Test("more rows than a block, and rows of any stride, are the same as one by one")
    func blocks() throws {
        let model = try Model(Array(Self.xgboost().utf8))
        let runner = try ModelRunner(model)
        let rows = (0..<77).map { [Double($0 % 3), Double($0 % 5), .nan] }
        let together = try runner.predictions(Array(rows.joined()), stride: 3)
        #expect(try together == rows.map { try runner.predictions($0, stride: 3)[0] })
    }

    @Test("contributions and the bias add up to the score")
    func contributions() throws {
        let model = try Model(Array(Self.xgboost().utf8))
        let runner = try ModelRunner(model, explains: true)
        for row in [[0, 1.0], [2, 1], [2, 5], [.nan, .nan]] {
            let parts = try runner.contributions(row, stride: 2)
            let score = try runner.predictions(row, stride: 2)[0]
            #expect(abs(parts.reduce(0, +) - score) < 1e-5)
        }
    }

    /// A LightGBM model of one split, with so many bits of how to treat missing values.
    private func lightGBM(type: Int, threshold: String = "0.5") -> String {
        """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        max_feature_idx=0
        objective=regression
        feature_names=x
        feature_infos=none

        Tree=0
        num_leaves=2
        num_cat=\(type & 1)
        split_feature=0
        threshold=\(type & 1 == 1 ? "0" : threshold)
        decision_type=\(type)
        left_child=-1
        right_child=-2
        leaf_value=1 2
        cat_boundaries=0 1
        cat_threshold=10

        end of trees
        """
    }

    @Test("LightGBM treats missing values as each split says, and takes tiny numbers for zero")
    func lightGBMMissing() throws {
        let rows: [[Double]] = [[0.5], [0.6], [.nan], [0], [1e-36]]
        #expect(try predict(lightGBM(type: 0), rows) == [1, 2, 1, 1, 1])
        #expect(try predict(lightGBM(type: 0, threshold: "-1"), [[.nan], [-1]]) == [2, 1])
        #expect(try predict(lightGBM(type: 4), rows) == [1, 2, 2, 2, 2])
        #expect(try predict(lightGBM(type: 6, threshold: "-1"), rows) == [2, 2, 1, 1, 1])
        #expect(try predict(lightGBM(type: 8), rows) == [1, 2, 2, 1, 1])
        #expect(try predict(lightGBM(type: 10, threshold: "-1"), rows) == [2, 2, 1, 2, 2])
        #expect(
            try predict(lightGBM(type: 0, threshold: "-1e-36"), [[-1e-35], [-1e-34]]) == [2, 1])
    }

    @Test("listed categories go left in LightGBM, all others right")
    func lightGBMCategories() throws {
        let rows: [[Double]] = [[1], [3], [0], [2], [-3], [99], [.nan], [3.7]]
        #expect(try predict(lightGBM(type: 1), rows) == [1, 1, 2, 2, 2, 2, 2, 1])
    }

    @Test("files that are no models, or broken ones, are refused with a reason")
    func broken() {
        func reason(_ text: String) -> String {
            do {
                _ = try Model(Array(text.utf8))
                return "taken"
            } catch {
                return error.message
            }
        }
        #expect(reason("") == "the file is no JSON: the end of the file at byte 0")
        #expect(reason("{\"learner\": {}}") == "the learner has no 'learner_model_param'")
        #expect(reason("{iX").hasPrefix("the file is no UBJ"))
        #expect(reason(Self.xgboost(objective: "my:own")) == "the objective 'my:own' is not known")
        let looping = Self.xgboost().replacing("[1, -1, 3, -1, -1]", with: "[1, -1, 0, -1, -1]")
        #expect(reason(looping) == "a tree of the model is no tree")
        let cut = lightGBM(type: 0).replacing("end of trees", with: "")
        #expect(reason(cut) == "the model ends before its 'end of trees'")
        #expect(reason(lightGBM(type: 12)).hasSuffix("unknown way to treat missing values"))
        #expect(reason("{\"model\": \"bg_nbd\", \"r\": 1}") == "the BG/NBD model has no 'alpha'")
    }

    @Test("no bytes of a model file trap the process", arguments: 0..<400)
    func mutations(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let texts = [Self.xgboost(), lightGBM(type: 1), lightGBM(type: 10)]
        var bytes = Array(texts[next(texts.count)].utf8)
        for _ in 0...next(6) {
            let place = next(bytes.count)
            switch next(3) {
            case 0: bytes[place] = UInt8(next(256))
            case 1: bytes.remove(at: place)
            default: bytes.insert(bytes[next(bytes.count)], at: place)
            }
        }
        guard let model = try? Model(bytes), model.featureCount < 1000,
            let runner = try? ModelRunner(model, explains: model.contributionCount > 0)
        else { return }
        let row = [Double](repeating: 1, count: model.featureCount)
        _ = try? runner.predictions(row, stride: model.featureCount)
        _ = try? runner.contributions(row, stride: model.featureCount)
    }
}
