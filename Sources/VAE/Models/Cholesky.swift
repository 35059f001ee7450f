/// The factor L of a symmetric positive definite matrix A = L Lᵀ, `[size, size]` and lower triangular, in double.
public struct Cholesky: Sendable {
    /// Rows, and columns.
    public let size: Int
    /// Row-major; zeros above the diagonal.
    public let factor: [Double]

    /// Of `matrix`, of which only the lower triangle is read; nil if it is not positive definite.
    public init?(_ matrix: [Double], size: Int) {
        precondition(matrix.count == size * size)
        var factor = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                var sum = matrix[row * size + column]
                for k in 0..<column { sum -= factor[row * size + k] * factor[column * size + k] }
                if row == column {
                    guard sum > 0, sum.isFinite else { return nil }
                    factor[row * size + row] = sum.squareRoot()
                } else {
                    factor[row * size + column] = sum / factor[column * size + column]
                }
            }
        }
        self.size = size
        self.factor = factor
    }

    /// Wraps a factor that is known: lower triangular, with a positive diagonal.
    public init(factor: [Double], size: Int) {
        precondition(factor.count == size * size)
        self.size = size
        self.factor = factor
    }

    /// ½ ln det A = Σ ln of the diagonal of L.
    public var halfLogDeterminant: Double {
        (0..<size).reduce(0) { $0 + naturalLogarithm(factor[$1 * size + $1]) }
    }

    /// L⁻¹, also lower triangular: what turns a Gaussian with covariance A into a standard one.
    public var inverse: [Double] {
        var inverse = [Double](repeating: 0, count: size * size)
        for column in 0..<size {
            inverse[column * size + column] = 1 / factor[column * size + column]
            for row in column + 1..<max(size, column + 1) {
                var sum = 0.0
                for k in column..<row { sum -= factor[row * size + k] * inverse[k * size + column] }
                inverse[row * size + column] = sum / factor[row * size + row]
            }
        }
        return inverse
    }
}
