/// Future purchases of a customer, and what they are worth.
///
/// ```json
/// {
///   "model": "bg_nbd",
///   "r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258,
///   "horizon": 39,
///   "gamma_gamma": { "p": 6.25, "q": 3.74, "v": 15.45 },
///   "period": 4.345, "discount": 0.01
/// }
/// ```
///
/// The features are `frequency`, `recency`, `age` and, with `gamma_gamma`, `monetary`. The lifetime
/// value is that of the purchases within the horizon, each `period` of it discounted by
/// `discount` once more.
struct LifetimeModel: Sendable {
    let purchases: BetaGeometric
    let value: GammaGamma?
    private let horizon: Double
    private let period: Double
    private let discount: Double

    init(_ file: ModelValue) throws(ModelProblem) {
        purchases = try BetaGeometric(file)
        let money = file["gamma_gamma"]
        if let money { value = try GammaGamma(money) } else { value = nil }
        horizon = try file.requireNumber("horizon", in: "the BG/NBD model")
        period =
            file["period"] == nil
            ? horizon : try file.requireNumber("period", in: "the BG/NBD model")
        discount =
            file["discount"] == nil
            ? 0 : try file.requireNumber("discount", in: "the BG/NBD model")
        guard horizon > 0, period > 0, horizon / period <= 1_000, discount > -1,
            horizon.isFinite, discount.isFinite
        else {
            throw ModelProblem(
                "'horizon' and 'period' of the BG/NBD model must be above 0, and at most 1,000 "
                    + "periods")
        }
    }

    var featureNames: [String] {
        ["frequency", "recency", "age"] + (value == nil ? [] : ["monetary"])
    }

    var outputNames: [String] {
        ["expected_purchases", "probability_alive"]
            + (value == nil ? [] : ["expected_value", "lifetime_value"])
    }

    /// A customer without a first purchase has no prediction: his numbers are not a number.
    func predict(_ row: UnsafePointer<Double>, into results: UnsafeMutablePointer<Double>) {
        let (frequency, recency, age) = unsafe (row[0], row[1], row[2])
        guard frequency >= 0, recency >= 0, age >= recency, age.isFinite, frequency.isFinite else {
            for index in outputNames.indices { unsafe results[index] = .nan }
            return
        }
        func purchases(within time: Double) -> Double {
            self.purchases.expectedPurchases(
                within: time, frequency: frequency, recency: recency, age: age)
        }
        unsafe results[0] = purchases(within: horizon)
        unsafe results[1] = self.purchases.probabilityAlive(
            frequency: frequency, recency: recency, age: age)
        guard let value else { return }
        let worth = unsafe value.expectedValue(frequency: frequency, monetary: row[3])
        unsafe results[2] = worth
        var (total, before, index) = (0.0, 0.0, 1.0)
        while index * period <= horizon * (1 + 1e-12) {
            let after = purchases(within: index * period)
            total += worth * (after - before) / Mathematics.power(1 + discount, index)
            before = after
            index += 1
        }
        // What is left of the horizon behind the last whole period.
        if (index - 1) * period < horizon * (1 - 1e-12) {
            let rest = unsafe results[0] - before
            total += worth * rest / Mathematics.power(1 + discount, index)
        }
        unsafe results[3] = total
    }
}
