/// Recency, frequency and money in five classes each.
///
/// ```json
/// {
///   "model": "rfm",
///   "recency": [7, 21, 60, 180], "frequency": [1, 2, 4, 8], "monetary": [20, 50, 120, 400]
/// }
/// ```
///
/// The four numbers are the upper bounds of the first four classes, each inside its class, as
/// quintiles are cut. 5 is best: the shortest recency, the greatest frequency and money. The score
/// has the three digits: 555 is best. What is missing is 1.
struct QuintileModel: Sendable {
    static let featureNames = ["recency", "frequency", "monetary"]
    static let outputNames = ["rfm", "recency", "frequency", "monetary"]

    private let bounds: [[Double]]

    init(_ file: ModelValue) throws(ModelProblem) {
        var bounds: [[Double]] = []
        for name in Self.featureNames {
            let list = try file.requireNumbers(name, in: "the RFM model")
            guard list.count == 4, zip(list, list.dropFirst()).allSatisfy({ $0 <= $1 }) else {
                throw ModelProblem("'\(name)' of the RFM model needs four numbers that rise")
            }
            bounds.append(list)
        }
        self.bounds = bounds
    }

    func predict(_ row: UnsafePointer<Double>, into results: UnsafeMutablePointer<Double>) {
        var digits = 0.0
        for index in 0..<3 {
            let value = unsafe row[index]
            var place = 1
            for bound in bounds[index] where value > bound { place += 1 }
            let score = value.isNaN ? 1 : index == 0 ? 6 - place : place
            unsafe results[index + 1] = Double(score)
            digits = digits * 10 + Double(score)
        }
        unsafe results[0] = digits
    }
}
