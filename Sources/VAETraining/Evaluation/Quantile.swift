/// Quantiles of a sample.
enum Quantile {
    /// The ranks a checkpoint keeps: the middle, and both tails for the sake of what is out of the ordinary.
    static let ranks = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

    /// The values below which the fraction `ranks` of `values` lies, with straight lines between neighbours (definition 7
    /// of Hyndman & Fan 1996, which numpy, R and Excel use). `values` must not be empty.
    static func values(_ values: [Double], at ranks: [Double] = Self.ranks) -> [Double] {
        let sorted = values.sorted()
        return ranks.map { rank in
            let place = rank * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        }
    }
}
