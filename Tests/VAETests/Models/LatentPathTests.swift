import Glibc
import Testing

@testable import VAE

/// Paths through the latent space.
@Suite struct LatentPathTests {
    private func points(_ path: LatentPath, from: [Float], to: [Float], steps: Int) -> [[Float]] {
        let (a, b, latent) = (FloatBuffer(from), FloatBuffer(to), from.count)
        let output = FloatBuffer(count: steps * latent)
        unsafe path.points(from: a.base, to: b.base, latent: latent, steps: steps, into: output.base)
        return (0..<steps).map { output.array($0 * latent..<($0 + 1) * latent) }
    }

    private static let from: [Float] = [1, -2, 0.5, 0.25]
    private static let to: [Float] = [-0.5, 1.5, 2, -1]

    /// Made by `Fixtures/make_numbers.py`.
    private static let expected: [LatentPath: [[Float]]] = [
        .linear: [
            [1, -2, 0.5, 0.25],
            [0.625, -1.125, 0.875, -0.0625],
            [0.25, -0.25, 1.25, -0.375],
            [-0.125, 0.625, 1.625, -0.6875],
            [-0.5, 1.5, 2, -1],
        ],
        .slerp: [
            [1, -2, 0.5, 0.25],
            [0.840379502, -1.41181844, 1.63042229, -0.260551112],
            [0.47063745, -0.47063745, 2.35318725, -0.705956175],
            [-0.0167789044, 0.588217842, 2.4875807, -0.974849784],
            [-0.5, 1.5, 2, -1],
        ],
    ]

    @Test(arguments: LatentPath.allCases) func agreesWithNumpy(path: LatentPath) throws {
        let found = points(path, from: Self.from, to: Self.to, steps: 5)
        let expected = try #require(Self.expected[path])
        for (row, reference) in zip(found, expected) { #expect(largestDifference(row, reference) < 1e-6) }
    }

    @Test(arguments: LatentPath.allCases) func endsAreTheCallersBits(path: LatentPath) {
        let odd: [Float] = [0.1, -1 / 3, 1e-38, -3e38]
        for (from, to) in [(odd, Self.to), (Self.from, odd), (odd, odd.map { -$0 }), (odd, [0, -0.0, 0, 0])] {
            for steps in [2, 3, 10] {
                let found = points(path, from: from, to: to, steps: steps)
                #expect(found.first?.map(\.bitPattern) == from.map(\.bitPattern))
                #expect(found.last?.map(\.bitPattern) == to.map(\.bitPattern))
            }
        }
    }

    /// Directions without a shortest arc, and none at all: every point is finite and between the ends.
    @Test(arguments: LatentPath.allCases, [-1, -1e-20, 0, 1e-20, 1, 1.0000001, 3, -0.9999999] as [Float])
    func degenerateDirectionsAreFinite(path: LatentPath, factor: Float) {
        let to = Self.from.map { $0 * factor }
        for (a, b) in [(Self.from, to), (to, Self.from), (to, to)] {
            for row in points(path, from: a, to: b, steps: 7) {
                #expect(row.allSatisfy { $0.isFinite })
                #expect(row.allSatisfy { abs($0) <= 2.001 * max(1, abs(factor)) })
            }
        }
    }

    /// Close to parallel and close to opposite, on both sides of where the arc is given up.
    @Test(arguments: [1e-3, 1e-5, 2e-6, 1e-6, 5e-7, 1e-8, 0]) func slerpIsSmoothNearParallel(angle: Double) {
        for sign in [1.0, -1.0] {
            let to = [Float(sign * cos(angle)), Float(sin(angle))]
            let found = points(.slerp, from: [1, 0], to: to, steps: 5)
            for row in found {
                let norm = (Double(row[0] * row[0]) + Double(row[1] * row[1])).squareRoot()
                #expect(norm <= 1.001)
                if sign > 0 { #expect(norm >= 0.999) }
            }
        }
    }

    @Test func slerpKeepsTheNorm() {
        let found = points(.slerp, from: [3, 0, 0], to: [0, 0, 3], steps: 9)
        for row in found { #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 9) < 1e-5) }
    }
}
