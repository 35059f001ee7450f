internal import CTensorKernels
internal import Glibc

/// How alike two images are. Rows of x and y are images `[C, H, W]` with values 0…1.
public enum ImageComparison {
    /// |x − y| of `count` values.
    public static func difference(
        count: Int, x: UnsafePointer<Float>, y: UnsafePointer<Float>, into difference: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_absolute_differences(count, x, y, difference)
    }

    /// Peak signal-to-noise ratio of each of `rows` pairs in dB, 10·log₁₀(1/mean (x − y)²); `maximumRatio` for those that
    /// are closer, equal ones among them.
    public static func signalToNoise(
        rows: Int, width: Int, x: UnsafePointer<Float>, y: UnsafePointer<Float>
    ) -> [Float] {
        var means = [Double](repeating: 0, count: rows)
        unsafe tk_mean_squared_differences(rows, width, x, y, &means)
        return means.map { min(maximumRatio, Float(-10 * log10($0))) }
    }

    /// The largest ratio that is given, so that equal images have one.
    public static let maximumRatio: Float = 100

    /// Structural similarity of each of `rows` pairs (Wang et al. 2004, doi 10.1109/TIP.2003.819861), mean over all
    /// places and channels: with Gaussian windows of 11 × 11, standard deviation 1.5, that lie inside the image. In an
    /// image smaller than that the window is as large as the image.
    public static func structuralSimilarity(
        rows: Int, shape: Shape, x: UnsafePointer<Float>, y: UnsafePointer<Float>
    ) -> [Float] {
        precondition(shape.extents.count == 3, "expected [C, H, W], found \(shape)")
        let (channels, height, width) = (shape.extents[0], shape.extents[1], shape.extents[2])
        var scratch = [Double](repeating: 0, count: tk_structural_similarity_scratch(height, width))
        var means = [Double](repeating: 0, count: rows * channels)
        unsafe tk_structural_similarity(rows * channels, height, width, x, y, &scratch, &means)
        return (0..<rows).map { row in
            Float(means[row * channels..<(row + 1) * channels].reduce(0, +) / Double(channels))
        }
    }
}
