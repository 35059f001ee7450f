internal import CTensorKernels

/// Binary images drawn from grey ones, x ~ Bernoulli(grey), as Burda et al. (2016) and others learn and are measured.
public struct Binarisation: Hashable, Sendable {
    /// One draw of every image, for data that must stay the same.
    public static let fixedDraw = UInt32.max

    private let stream: RandomStream

    /// `draw` is the epoch, or `fixedDraw`.
    public init(seed: UInt64, draw: UInt32) {
        stream = RandomStream(seed: seed, domain: .binarisation, draw: draw)
    }

    /// Turns the `rows` images at `x`, of `width` values 0…1, into zeros and ones; image r is number `indices[r]` of its
    /// data set. `scratch` is as large as the images.
    public func apply(
        to x: UnsafeMutablePointer<Float>, indices: UnsafePointer<UInt32>, rows: Int, width: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        unsafe stream.uniforms(rowIndices: indices, rows: rows, width: width, into: scratch)
        unsafe tk_below(rows * width, scratch, x)
    }
}
