internal import VAE

extension Passage {
    /// `count` draws of z for each image of `images`, weighed: draw i of image n of the request depends on (seed, n, i)
    /// only. Only a slice of the draws is decoded at a time, with pauses between slices.
    func draws(_ count: Int, of images: Range<Int>, seed: UInt64) throws(RequestError) -> [WeighedDraws] {
        let workspace = PosteriorDraws(loaded.model, maximumRows: min(count, sliceRows))
        var result: [WeighedDraws] = []
        for (number, row) in images.enumerated() {
            let stream = RandomStream(seed: seed, domain: .importance, draw: UInt32(number))
            let draws = try unsafe workspace.weigh(
                count, of: stream, x: x.row(row), mu: mu.row(row), logVariance: logVariance.row(row),
                sigma: sigma.row(row)
            ) { (rows, z, decoded) throws(RequestError) in
                try pause()
                try unsafe decodeAside(rows: rows, z: z, image: row, into: decoded)
                return true
            }
            if let draws { result.append(draws) }
        }
        return result
    }
}
