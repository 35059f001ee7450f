internal import VAE

/// A place in latent space, as requests name it.
enum LatentPoint {
    /// The posterior mean of this row of x.
    case image(row: Int)
    /// A code given as numbers.
    case code([Float])
    /// The first sample of a seed.
    case seed(UInt64)

    /// Writes the code `[latent]`; to be asked after the encode.
    func write(to code: UnsafeMutablePointer<Float>, _ passage: Passage) {
        let latent = passage.architecture.latent
        switch self {
        case .image(let row): unsafe code.update(from: passage.mu.row(row), count: latent)
        case .code(let values): for (index, value) in values.enumerated() { unsafe code[index] = value }
        case .seed(let seed):
            unsafe RandomStream(seed: seed, domain: .prior).normals(rows: 1, width: latent, into: code)
        }
    }

    /// The codes of `points`, `[points.count, latent]`; to be asked after the encode.
    static func codes(of points: [LatentPoint], _ passage: Passage) -> FloatBuffer {
        let latent = passage.architecture.latent
        let codes = FloatBuffer(count: points.count * latent)
        for (index, point) in points.enumerated() { unsafe point.write(to: codes.base + index * latent, passage) }
        return codes
    }
}
