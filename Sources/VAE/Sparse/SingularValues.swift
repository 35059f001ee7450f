internal import CTensorKernels

/// The largest singular values of a sparse matrix and their right vectors.
///
/// Block power iteration on RᵀR from random vectors (subspace iteration: Halko, Martinsson & Tropp 2011, algorithm 4.4),
/// carried on until the values stand still. In double and on one thread, so equal matrices and seeds give equal bits.
public struct SingularValues: Sendable {
    /// Largest first.
    public let values: [Double]
    /// Right singular vectors as columns, `[width, values.count]`.
    public let vectors: [Double]

    /// Vectors carried along beyond those asked for, which speed up the last of these.
    private static let oversampling = 10
    /// Most matrices take fewer.
    public static let mostRounds = 100
    /// Relative change of a value in a round, below which it stands still.
    private static let tolerance = 1e-11

    /// Of `matrix`, at most `rank`, which is at least 1; fewer if the matrix has a lower rank.
    /// `proceed` is asked before every round, with the number of those done; after a no, what is there is not exact yet.
    public init(
        of matrix: SparseRows, rank: Int, seed: UInt64, proceed: (_ rounds: Int) -> Bool = { _ in true }
    ) throws(ModelError) {
        precondition(rank >= 1)
        var depth = min(rank + Self.oversampling, matrix.width, max(matrix.count, 1))
        var right = Self.normals(matrix.width * depth, seed: seed)
        var values: [Double] = []
        for round in 0..<Self.mostRounds where depth > 0 {
            guard proceed(round) else { break }
            // With an orthonormal U of the right span, Rᵀ·U = V·Σ·Wᵀ has the singular values and right vectors of R.
            let left = try Self.decompose(
                matrix.product(right, depth: depth), rows: matrix.count, depth: depth)
            let turned = try Self.decompose(
                matrix.transposedProduct(left.vectors, depth: left.values.count), rows: matrix.width,
                depth: left.values.count)
            let standsStill =
                turned.values.count == values.count
                && zip(turned.values, values).prefix(rank).allSatisfy { abs($0 - $1) <= Self.tolerance * $0 }
            (values, right, depth) = (turned.values, turned.vectors, turned.values.count)
            if standsStill { break }
        }
        let kept = min(rank, depth)
        self.values = Array(values.prefix(kept))
        vectors = (0..<matrix.width).flatMap { row in right[row * depth..<row * depth + kept] }
    }

    /// The singular values of `matrix` `[rows, depth]`, largest first, and its left singular vectors as columns
    /// `[rows, values.count]`; without directions that vanish in rounding.
    private static func decompose(
        _ matrix: [Double], rows: Int, depth: Int
    ) throws(ModelError) -> (values: [Double], vectors: [Double]) {
        var gram = unsafe filled(depth * depth) { unsafe tk_gram(rows, depth, matrix, $0) }
        var squares = [Double](repeating: 0, count: depth)
        var turns = [Double](repeating: 0, count: depth * depth)
        guard unsafe tk_symmetric_eigen(depth, &gram, &squares, &turns) else {
            throw .kernel("singular values: the eigenvalues of a \(depth)×\(depth) matrix did not converge")
        }
        let values = squares.prefix { $0 > 1e-14 * squares[0] }.map { $0.squareRoot() }
        let scaled = (0..<depth).flatMap { row in values.indices.map { turns[row * depth + $0] / values[$0] } }
        return (values, product(matrix, scaled, rows: rows, depth: depth, width: values.count))
    }

    /// `a` `[rows, depth]` · `b` `[depth, width]`.
    public static func product(_ a: [Double], _ b: [Double], rows: Int, depth: Int, width: Int) -> [Double] {
        precondition(a.count == rows * depth && b.count == depth * width)
        return unsafe filled(rows * width) { unsafe tk_dense_product(rows, depth, width, a, b, $0) }
    }

    private static func normals(_ count: Int, seed: UInt64) -> [Double] {
        let floats = FloatBuffer(scratch: count)
        unsafe RandomStream(seed: seed, domain: .initialisation).normals(rows: 1, width: count, into: floats.base)
        return floats.array().map(Double.init)
    }
}
