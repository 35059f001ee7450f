internal import Glibc

/// A way from one latent code to another.
public enum LatentPath: String, Sendable, CaseIterable {
    /// (1 − t)·a + t·b. The right choice between posterior means.
    case linear
    /// Along the great circle (White 2016, arXiv 1609.04468): keeps the norm that prior samples have.
    case slerp

    /// `steps` ≥ 2 codes from `from` to `to`, both ends included exactly, into `output` `[steps, latent]`.
    ///
    /// Slerp of (nearly) parallel or of zero vectors is linear. Opposite vectors have no shortest arc, so any of them
    /// may be taken; linear again, through the middle.
    public func points(
        from: UnsafePointer<Float>, to: UnsafePointer<Float>, latent: Int, steps: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        let (angle, sine) = self == .slerp ? unsafe Self.angle(from, to, latent) : (0, 0)
        for step in 0..<steps {
            let t = Double(step) / Double(steps - 1)
            var a = 1 - t
            var b = t
            if Swift.abs(sine) > 1e-6 {
                a = sin((1 - t) * angle) / sine
                b = sin(t * angle) / sine
            }
            // The ends are the caller's own bits, not products with 1 and 0.
            let row = unsafe output + step * latent
            for index in 0..<latent {
                let value = unsafe a * Double(from[index]) + b * Double(to[index])
                unsafe row[index] = step == 0 ? from[index] : step == steps - 1 ? to[index] : Float(value)
            }
        }
    }

    /// `steps` ≥ 2 numbers from −`range` to `range`, even steps apart.
    public static func values(within range: Float, steps: Int) -> [Float] {
        (0..<steps).map { Float(Double(range) * (2 * Double($0) / Double(steps - 1) - 1)) }
    }

    /// Angle between two vectors and its sine; zero when either has no direction.
    private static func angle(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
    ) -> (Double, Double) {
        var dot = 0.0
        var aa = 0.0
        var bb = 0.0
        for index in 0..<count {
            let x = unsafe Double(a[index])
            let y = unsafe Double(b[index])
            dot += x * y
            aa += x * x
            bb += y * y
        }
        guard aa > 0, bb > 0 else { return (0, 0) }
        let cosine = max(-1, min(1, dot / (aa.squareRoot() * bb.squareRoot())))
        return (acos(cosine), (1 - cosine * cosine).squareRoot())
    }
}
