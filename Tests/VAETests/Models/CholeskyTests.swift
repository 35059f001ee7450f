import Testing

@testable import VAE

@Suite struct CholeskyTests {
    /// Golub & Van Loan's kind of example, exact in integers: L = [[2, 0, 0], [6, 1, 0], [−8, 5, 3]].
    @Test func factorAndInverse() throws {
        let cholesky = try #require(Cholesky([4, 0, 0, 12, 37, 0, -16, -43, 98], size: 3))
        #expect(cholesky.factor == [2, 0, 0, 6, 1, 0, -8, 5, 3])
        let inverse = cholesky.inverse
        for row in 0..<3 {
            for column in 0..<3 {
                let sum = (0..<3).reduce(0.0) { $0 + cholesky.factor[row * 3 + $1] * inverse[$1 * 3 + column] }
                #expect(abs(sum - (row == column ? 1 : 0)) < 1e-14)
            }
        }
    }

    @Test(arguments: [[0.0], [-1], [.nan], [.infinity]]) func refusesWhatIsNotPositive(matrix: [Double]) {
        #expect(Cholesky(matrix, size: 1) == nil)
    }

    @Test func refusesAnIndefiniteMatrix() { #expect(Cholesky([1, 0, 2, 1], size: 2) == nil) }
}
