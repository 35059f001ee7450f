/// What one set of codes has and another has not, as a direction: the difference of their means (Larsen et al. 2016, arXiv
/// 1512.09300), and how well it tells them apart.
public struct AttributeDirection: Hashable, Sendable {
    /// Mean of the positive codes − mean of the negative ones, `[latent]`.
    public let direction: [Float]
    /// Its Euclidean norm.
    public let norm: Double
    /// How many codes of each set lie on their own side of the plane half-way between the means, mean of the two parts,
    /// each code judged by a direction made without it; nil when a set has but one.
    public let accuracy: Double?
    /// How far the means are apart, in pooled standard deviations along the direction (Cohen 1988); nil where there is
    /// none.
    public let separation: Double?

    /// From `codes` `[N, latent]`, of which the first `positive` have the attribute; at least one has and one has not.
    public init(_ codes: [Float], latent: Int, positive: Int) {
        let count = codes.count / latent
        precondition(positive >= 1 && positive < count && codes.count == count * latent, "each set needs a code")
        let sizes = [positive, count - positive]
        func set(of index: Int) -> Int { index < positive ? 0 : 1 }
        var means = [[Double]](repeating: [Double](repeating: 0, count: latent), count: 2)
        for index in 0..<count {
            let own = set(of: index)
            for j in 0..<latent { means[own][j] += Double(codes[index * latent + j]) / Double(sizes[own]) }
        }
        let difference = (0..<latent).map { means[0][$0] - means[1][$0] }
        direction = difference.map { Float($0) }
        norm = difference.reduce(0) { $0 + $1 * $1 }.squareRoot()

        var correct = [0, 0]
        var squares = 0.0
        for index in 0..<count {
            let own = set(of: index)
            // Of the set without this code the mean is mean + (mean − code) / (size − 1).
            let weight = sizes[own] > 1 ? 1 / Double(sizes[own] - 1) : 0
            var (side, along) = (0.0, 0.0)
            for j in 0..<latent {
                let code = Double(codes[index * latent + j])
                let without = means[own][j] + weight * (means[own][j] - code)
                let other = means[1 - own][j]
                side += (code - (without + other) / 2) * (without - other)
                along += (code - means[own][j]) * difference[j]
            }
            if side > 0 { correct[own] += 1 }
            squares += along * along
        }
        let hasSpares = sizes.allSatisfy { $0 > 1 }
        accuracy = hasSpares ? (0..<2).reduce(0) { $0 + Double(correct[$1]) / Double(sizes[$1]) } / 2 : nil
        // `along` is |direction| times the distance, so that one norm cancels.
        let deviation = count > 2 ? (squares / Double(count - 2)).squareRoot() : 0
        separation = deviation > 0 ? norm * norm / deviation : nil
    }
}
