internal import Glibc

/// The functions of the C library that models need; this file alone sees it.
package enum Mathematics {
    static func exponential(_ value: Double) -> Double { exp(value) }

    static func logarithm(_ value: Double) -> Double { log(value) }

    static func logarithm(_ value: Float) -> Float { logf(value) }

    package static func powerOfTwo(_ exponent: Double) -> Double { exp2(exponent) }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// 1 / (1 + exp(-value)), without overflow on the way.
    static func logistic(_ value: Double) -> Double {
        if value >= 0 { return 1 / (1 + exp(-value)) }
        let power = exp(value)
        return power / (1 + power)
    }

    /// log(1 + exp(value)).
    static func softplus(_ value: Double) -> Double {
        value > 0 ? value + log1p(exp(-value)) : log1p(exp(value))
    }
}
