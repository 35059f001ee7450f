internal import Glibc

/// N(0, 1).
public enum NormalDistribution {
    /// The z below which a number lies with `probability`, strictly between 0 and 1; to about 1e-15.
    ///
    /// Acklam's rational approximation (2003, relative error 1.2e-9), and one step of Halley's method behind it.
    public static func quantile(_ probability: Double) -> Double {
        precondition(probability > 0 && probability < 1, "a probability is strictly between 0 and 1")
        let z = approximation(probability)
        let error = 0.5 * erfc(-z / 2.0.squareRoot()) - probability
        let step = error * (2 * Double.pi).squareRoot() * exp(z * z / 2)
        return z - step / (1 + z * step / 2)
    }

    private static func approximation(_ p: Double) -> Double {
        let a = [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239e+00,
        ]
        let b = [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01, 1,
        ]
        let c = [
            -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
            4.374664141464968e+00, 2.938163982698783e+00,
        ]
        let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1]
        func value(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
        if p < 0.02425 {
            let q = (-2 * log(p)).squareRoot()
            return value(c, q) / value(d, q)
        }
        if p > 1 - 0.02425 { return -approximation(1 - p) }
        let q = p - 0.5
        return q * value(a, q * q) / value(b, q * q)
    }
}
