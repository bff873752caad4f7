/// A model that was read from a file.
///
/// ```swift
/// let model = try Model(bytes)
/// let runner = try ModelRunner(model)
/// runner.predict(rows, count: 100, stride: model.featureCount, into: results)
/// ```
///
/// The kind of file is told from what is in it: XGBoost's JSON or UBJ, LightGBM's text, or JSON
/// with a `model` of `linear`, `logistic`, `bg_nbd` or `rfm`.
package struct Model: Sendable {
    enum Form: Sendable {
        case trees(TreeEnsemble)
        case linear(LinearModel)
        case lifetime(LifetimeModel)
        case quintiles(QuintileModel)
    }

    /// What the numbers of a prediction are.
    package enum Outputs: Equatable, Sendable {
        /// One number.
        case score
        /// A probability for each class; names are empty when the file has none.
        case probabilities([String])
        /// Several numbers, the first of which is the score.
        case named([String])
    }

    /// The names of the kinds that own files can have.
    private static let kinds = ["linear", "logistic", "bg_nbd", "rfm"]

    let form: Form

    /// The features in the order of a row's numbers; empty when the file does not name them.
    package let featureNames: [String]
    package let featureCount: Int
    package let outputs: Outputs
    /// How many numbers a prediction has.
    package let outputCount: Int
    /// What kind of model it is, in a word: `xgboost`, `lightgbm`, `logistic`.
    package let kind: String

    /// Reads a model file.
    package init(_ bytes: [UInt8]) throws(ModelProblem) {
        if LightGBMReader.isLightGBM(bytes) {
            self.init(try LightGBMReader.read(bytes), kind: "lightgbm")
            return
        }
        let file = try Self.value(bytes)
        if XGBoostReader.isXGBoost(file) {
            self.init(try XGBoostReader.read(file), kind: "xgboost")
            return
        }
        guard let kind = file["model"]?.string, Self.kinds.contains(kind) else {
            throw ModelProblem(
                "the file is no model that is known",
                remedy: "give XGBoost's JSON or UBJ, LightGBM's text, or JSON whose 'model' is "
                    + Self.kinds.joined(separator: ", "))
        }
        switch kind {
        case "bg_nbd":
            let model = try LifetimeModel(file)
            self.init(
                .lifetime(model), kind, model.featureNames, .named(model.outputNames),
                outputCount: model.outputNames.count)
        case "rfm":
            self.init(
                .quintiles(try QuintileModel(file)), kind, QuintileModel.featureNames,
                .named(QuintileModel.outputNames), outputCount: QuintileModel.outputNames.count)
        default:
            let model = try LinearModel(file, isLogistic: kind == "logistic")
            self.init(
                .linear(model), kind, model.featureNames,
                model.classes.isEmpty ? .score : .probabilities(model.classes),
                outputCount: model.outputCount)
        }
    }

    private init(
        _ form: Form, _ kind: String, _ featureNames: [String], featureCount: Int? = nil,
        _ outputs: Outputs, outputCount: Int
    ) {
        self.form = form
        self.kind = kind
        self.featureNames = featureNames
        self.featureCount = featureCount ?? featureNames.count
        self.outputs = outputs
        self.outputCount = outputCount
    }

    private init(_ read: (ensemble: TreeEnsemble, featureNames: [String]), kind: String) {
        let count = read.ensemble.outputCount
        self.init(
            .trees(read.ensemble), kind, read.featureNames,
            featureCount: read.ensemble.featureCount,
            count == 1 ? .score : .probabilities([]), outputCount: count)
    }

    private static func value(_ bytes: [UInt8]) throws(ModelProblem) -> ModelValue {
        let space: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: "\"")]
        // JSON goes on with a name or space behind its first brace, UBJ with a marker.
        if bytes.first == UInt8(ascii: "{"), bytes.count > 1, !space.contains(bytes[1]),
            bytes[1] != UInt8(ascii: "}")
        {
            return try UBJModelReader.read(bytes)
        }
        return try JSONModelReader.read(bytes)
    }

    /// How many numbers the contributions of a row have: for each sum one for each feature and the
    /// bias. 0 when the model has none.
    package var contributionCount: Int {
        switch form {
        case .trees(let ensemble): ensemble.groupCount * (featureCount + 1)
        case .linear(let model): model.outputCount * (featureCount + 1)
        case .lifetime, .quintiles: 0
        }
    }
}
