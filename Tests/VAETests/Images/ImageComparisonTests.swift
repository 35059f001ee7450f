import Glibc
import Testing

@testable import VAE

@Suite struct ImageComparisonTests {
    private static let shapes: [Shape] = [
        [1, 28, 28], [1, 13, 11], [1, 11, 11], [3, 6, 17], [1, 6, 5], [1, 1, 1],
    ]

    private func images(_ shape: Shape, seed: UInt64) -> FloatBuffer {
        let rows = FloatBuffer.noise(2 * shape.elementCount, seed: seed, scale: 0.3)
        for index in 0..<rows.count { rows[index] = min(1, max(0, 0.5 + rows[index])) }
        return rows
    }

    /// The formula as Wang et al. state it: means, variances and a covariance about them, window by window.
    private func similarity(_ x: [Float], _ y: [Float], _ height: Int, _ width: Int) -> Double {
        func weights(_ extent: Int) -> [Double] {
            let length = min(11, extent)
            let raw = (0..<length).map { exp(-pow(Double($0) - Double(length - 1) / 2, 2) / 4.5) }
            return raw.map { $0 / raw.reduce(0, +) }
        }
        let (down, across) = (weights(height), weights(width))
        var (total, places) = (0.0, 0)
        for top in 0...(height - down.count) {
            for left in 0...(width - across.count) {
                func mean(_ value: (Double, Double) -> Double) -> Double {
                    var sum = 0.0
                    for v in down.indices {
                        for u in across.indices {
                            let place = (top + v) * width + left + u
                            sum += down[v] * across[u] * value(Double(x[place]), Double(y[place]))
                        }
                    }
                    return sum
                }
                let (a, b) = (mean { x, _ in x }, mean { _, y in y })
                let (aa, bb) = (mean { x, _ in (x - a) * (x - a) }, mean { _, y in (y - b) * (y - b) })
                let ab = mean { (x, y) in (x - a) * (y - b) }
                let (c1, c2) = (1e-4, 9e-4)
                total += (2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))
                places += 1
            }
        }
        return total / Double(places)
    }

    @Test(arguments: shapes) func structuralSimilarity(shape: Shape) {
        let (x, y) = (images(shape, seed: 1), images(shape, seed: 2))
        let found = unsafe ImageComparison.structuralSimilarity(rows: 2, shape: shape, x: x.base, y: y.base)
        let (height, width) = (shape.extents[1], shape.extents[2])
        let planes = (0..<2 * shape.extents[0]).map { plane in
            let range = plane * height * width..<(plane + 1) * height * width
            return similarity(x.array(range), y.array(range), height, width)
        }
        for row in 0..<2 {
            let own = planes[row * shape.extents[0]..<(row + 1) * shape.extents[0]]
            #expect(abs(Double(found[row]) - own.reduce(0, +) / Double(own.count)) < 1e-6, "\(shape)")
        }
        let same = unsafe ImageComparison.structuralSimilarity(rows: 2, shape: shape, x: x.base, y: x.base)
        #expect(same.allSatisfy { abs($0 - 1) < 1e-6 })
    }

    @Test func signalToNoise() {
        let x = FloatBuffer([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 1, 1, 0, 1, 0.25, 1, 0, 0].map { Float($0) })
        let y = FloatBuffer([0.6, 0.4, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 0, 1, 0.25, 1, 0, 1e-9].map { Float($0) })
        let found = unsafe ImageComparison.signalToNoise(rows: 4, width: 4, x: x.base, y: y.base)
        // Mean squares of 0.005 and 1, and images that are equal, or nearly so.
        #expect(abs(found[0] - 23.010_3) < 1e-4 && abs(found[1]) < 1e-6)
        #expect(found[2] == 100 && found[3] == 100)
    }

    @Test func difference() {
        let (x, y, difference) = (images([1, 7, 9], seed: 1), images([1, 7, 9], seed: 2), FloatBuffer(count: 126))
        unsafe ImageComparison.difference(count: 126, x: x.base, y: y.base, into: difference.base)
        #expect(difference.array() == zip(x.array(), y.array()).map { abs($0 - $1) })
    }
}
