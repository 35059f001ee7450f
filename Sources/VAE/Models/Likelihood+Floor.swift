internal import CTensorKernels

extension Likelihood {
    /// Whether −ln p(x|z) has a least value that depends on x alone.
    public var hasFloor: Bool {
        switch self {
        case .bernoulli, .gaussian: true
        case .continuousBernoulli, .discretizedLogistic, .multinomial: false
        }
    }

    /// The least that −ln p(x|z) of each of `rows` rows of `width` pixels could be, whatever the decoder says: the entropy
    /// of grey values as probabilities, or a normal density at its mean. Nil for likelihoods without it.
    public func floor(rows: Int, width: Int, x: UnsafePointer<Float>, logScale: Float) -> [Double]? {
        var floors = [Float](repeating: 0, count: rows)
        switch self {
        case .bernoulli: unsafe tk_bernoulli_entropy(rows, width, x, &floors)
        case .gaussian: unsafe tk_gaussian_nll(rows, width, x, x, logScale, &floors)
        case .continuousBernoulli, .discretizedLogistic, .multinomial: return nil
        }
        return floors.map(Double.init)
    }
}
