extension Likelihood {
    /// Whether p(x|z) is a density over 0…1, of which an image of 8 bits takes a 256th in each number (Theis et al. 2016,
    /// arXiv 1511.01844).
    public var isDensity: Bool {
        switch self {
        case .continuousBernoulli, .gaussian: true
        case .bernoulli, .discretizedLogistic, .multinomial: false
        }
    }

    /// `nats` of an image of `dimensions` numbers as bits for each of them; of a density, 8 more.
    public func bitsPerDimension(_ nats: Double, dimensions: Int) -> Double {
        nats / (Double(dimensions) * naturalLogarithm(2)) + (isDensity ? 8 : 0)
    }
}
