internal import Synchronization
internal import VAE

/// Means over sets that have no faster way to them.
///
/// They only start the output bias at the mean image, so where every example is a file to decode a sample will do.
enum MeanPixels {
    /// Examples that are read of a slow set.
    static let sample = 1_024
    /// Sums are taken in this many shares on every machine, so that the last bits do not depend on its cores.
    private static let shares = 8

    /// The mean of every value over all examples of `dataset`, or over an even sample if reading it is slow.
    static func measure(_ dataset: any Dataset) throws(DatasetError) -> [Double] {
        let count = dataset.isSlow ? min(sample, dataset.count) : dataset.count
        let width = dataset.shape.elementCount
        let sums = Mutex([[Double]](repeating: [], count: shares))
        try ParallelReading.forEach(shares) { (share) throws(DatasetError) in
            var sum = [Double](repeating: 0, count: width)
            let rows = 16
            let buffer = FloatBuffer(scratch: rows * width)
            let range = count * share / shares..<count * (share + 1) / shares
            for start in stride(from: range.lowerBound, to: range.upperBound, by: rows) {
                let indices = (start..<min(start + rows, range.upperBound)).map { UInt32($0 * dataset.count / count) }
                try unsafe dataset.gather(indices, rows: indices.count, into: buffer.base)
                unsafe BytePixels.addColumnSums(rows: indices.count, width: width, values: buffer.base, into: &sum)
            }
            sums.withLock { [sum] sums in sums[share] = sum }
        }
        let total = sums.withLock { sums in
            sums.reduce(into: [Double](repeating: 0, count: width)) { total, sum in
                for index in 0..<width { total[index] += sum[index] }
            }
        }
        return total.map { $0 / Double(count) }
    }
}
