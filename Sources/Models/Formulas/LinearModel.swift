/// A linear, logistic or multinomial model.
///
/// ```json
/// {
///   "model": "logistic",
///   "features": ["orders_30d", "days_since_order"],
///   "coefficients": [-0.8, 0.05],
///   "intercept": -1.2,
///   "mean": [2.1, 20.5], "scale": [1.7, 14.2],
///   "missing": [0, 90]
/// }
/// ```
///
/// `mean` and `scale`, when they are there, standardise a value in front of its coefficient;
/// `missing` is what stands for a value that is not there. With `classes` there are a list of
/// coefficients and an intercept for each.
struct LinearModel: Sendable {
    let featureNames: [String]
    let classes: [String]
    let isLogistic: Bool
    private let coefficients: [[Double]]
    private let intercepts: [Double]
    private let means: [Double]
    private let scales: [Double]
    private let substitutes: [Double]

    init(_ file: ModelValue, isLogistic: Bool) throws(ModelProblem) {
        self.isLogistic = isLogistic
        guard let names = file["features"]?.strings, !names.isEmpty else {
            throw ModelProblem("'features' of the model is no list of names")
        }
        featureNames = names
        classes = file["classes"]?.strings ?? []
        if classes.isEmpty {
            coefficients = [try file.requireNumbers("coefficients", in: "the model")]
            intercepts = [try file.requireNumber("intercept", in: "the model")]
        } else {
            guard isLogistic, let rows = file["coefficients"]?.list,
                let intercepts = file["intercept"]?.numbers, rows.count == classes.count,
                intercepts.count == classes.count
            else {
                throw ModelProblem(
                    "a model with 'classes' is logistic and has a list of coefficients and an "
                        + "intercept for each")
            }
            coefficients = rows.map { $0.numbers ?? [] }
            self.intercepts = intercepts
        }
        func numbers(_ name: String, _ fallback: Double) throws(ModelProblem) -> [Double] {
            file[name] == nil
                ? Array(repeating: fallback, count: names.count)
                : try file.requireNumbers(name, in: "the model")
        }
        means = try numbers("mean", 0)
        scales = try numbers("scale", 1)
        substitutes = try numbers("missing", .nan)
        for list in coefficients + [means, scales, substitutes] where list.count != names.count {
            throw ModelProblem(
                "the model has \(names.count) features and a list of \(list.count) numbers")
        }
        let all = coefficients.joined() + intercepts + means + scales
        guard all.allSatisfy(\.isFinite), !scales.contains(0) else {
            throw ModelProblem("the model has a number that is not finite, or a scale of 0")
        }
    }

    var outputCount: Int { intercepts.count }

    private func value(_ row: UnsafePointer<Double>, _ feature: Int) -> Double {
        let value = unsafe row[feature]
        return ((value.isNaN ? substitutes[feature] : value) - means[feature]) / scales[feature]
    }

    func predict(_ row: UnsafePointer<Double>, into results: UnsafeMutablePointer<Double>) {
        var highest = -Double.infinity
        for output in intercepts.indices {
            var sum = intercepts[output]
            for feature in featureNames.indices {
                sum += unsafe coefficients[output][feature] * value(row, feature)
            }
            unsafe results[output] = sum
            highest = max(highest, sum)
        }
        guard isLogistic else { return }
        guard !classes.isEmpty else {
            unsafe results[0] = Mathematics.logistic(results[0])
            return
        }
        var total = 0.0
        for output in intercepts.indices {
            let power = unsafe Mathematics.exponential(results[output] - highest)
            unsafe results[output] = power
            total += power
        }
        for output in intercepts.indices { unsafe results[output] /= total }
    }

    /// Each feature's term of each sum, then the intercept.
    func explain(_ row: UnsafePointer<Double>, into results: UnsafeMutablePointer<Double>) {
        let width = featureNames.count + 1
        for output in intercepts.indices {
            for feature in featureNames.indices {
                unsafe results[output * width + feature] =
                    coefficients[output][feature] * value(row, feature)
            }
            unsafe results[output * width + width - 1] = intercepts[output]
        }
    }
}
