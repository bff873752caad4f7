/// How often a customer buys, and whether he still does: the BG/NBD model.
///
/// - Units: `recency`, `age` and times are in the unit that the parameters were estimated in.
/// - Source: Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (2005), equations 9
///   and 10; the alternative form of the hypergeometric function as in the package lifetimes.
struct BetaGeometric: Sendable {
    let r: Double
    let alpha: Double
    let a: Double
    let b: Double

    init(_ file: ModelValue) throws(ModelProblem) {
        let place = "the BG/NBD model"
        r = try file.requireNumber("r", in: place)
        alpha = try file.requireNumber("alpha", in: place)
        a = try file.requireNumber("a", in: place)
        b = try file.requireNumber("b", in: place)
        guard [r, alpha, a, b].allSatisfy({ $0 > 0 && $0.isFinite }), a != 1 else {
            throw ModelProblem("the parameters of \(place) must be above 0, and a not 1")
        }
    }

    /// Purchases to be expected within `time` from now.
    ///
    /// `frequency` is the number of purchases after the first one, `recency` goes from the first
    /// purchase to the last, `age` from the first purchase to now.
    func expectedPurchases(
        within time: Double, frequency x: Double, recency: Double, age: Double
    ) -> Double {
        guard time > 0 else { return 0 }
        let logarithm =
            Hypergeometric.logarithm(
                r + x, b + x, a + b + x - 1, time / (alpha + age + time))
            + (r + x) * Mathematics.logarithm((alpha + age) / (alpha + time + age))
        let numerator = (a + b + x - 1) / (a - 1) * (1 - Mathematics.exponential(logarithm))
        guard x > 0 else { return numerator }
        let odds = Mathematics.power((alpha + age) / (alpha + recency), r + x)
        return numerator / (1 + a / (b + x - 1) * odds)
    }

    /// How probable it is that the customer still buys.
    func probabilityAlive(frequency x: Double, recency: Double, age: Double) -> Double {
        guard x > 0 else { return 1 }
        let odds =
            (r + x) * Mathematics.logarithm((alpha + age) / (alpha + recency))
            + Mathematics.logarithm(a / (b + max(x, 1) - 1))
        return Mathematics.logistic(-odds)
    }
}

/// What a purchase of a customer is worth: the Gamma-Gamma model.
///
/// - Source: Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), equation 5.
struct GammaGamma: Sendable {
    let p: Double
    let q: Double
    let v: Double

    init(_ file: ModelValue) throws(ModelProblem) {
        let place = "the Gamma-Gamma model"
        p = try file.requireNumber("p", in: place)
        q = try file.requireNumber("q", in: place)
        v = try file.requireNumber("v", in: place)
        guard [p, q, v].allSatisfy({ $0 > 0 && $0.isFinite }), q > 1 else {
            throw ModelProblem(
                "the parameters of \(place) must be above 0, and q above 1: else there is no mean")
        }
    }

    /// The mean value of the next purchases.
    ///
    /// `frequency` is the number of purchases after the first one, `monetary` their mean value.
    func expectedValue(frequency x: Double, monetary: Double) -> Double {
        let population = v * p / (q - 1)
        guard x > 0 else { return population }
        let weight = p * x / (p * x + q - 1)
        return (1 - weight) * population + weight * monetary
    }
}

/// Gauss's hypergeometric function, where the models need it.
enum Hypergeometric {
    private static let mostTerms = 100_000

    /// log 2F1(a, b; c; z) for positive a, b and c, and z from 0 to below 1.
    ///
    /// All terms are positive, so nothing cancels; what would overflow is scaled down. Not a number
    /// when the series has not come to an end, very near to 1.
    static func logarithm(_ a: Double, _ b: Double, _ c: Double, _ z: Double) -> Double {
        var (term, sum, scale) = (1.0, 1.0, 0.0)
        for index in 0..<mostTerms {
            let n = Double(index)
            term *= (a + n) / (c + n) * ((b + n) / (n + 1)) * z
            sum += term
            if term < sum * 1e-17, (a + n) * (b + n) * z < (c + n) * (n + 1) {
                return Mathematics.logarithm(sum) + scale
            }
            if sum > 1e200 {
                scale += Mathematics.logarithm(sum)
                term /= sum
                sum = 1
            }
        }
        return .nan
    }
}
