internal import VAE

/// One worker's memory for one model: the rows of a batch at each stage of the trip.
///
///     x ──encode──▶ μ, ln σ², σ ──choose z──▶ z ──decode──▶ decoded
///
/// Row i of `mu`, `logVariance` and `sigma` belongs to row i of `x`; row i of `decoded` to row i of `z`.
///
/// `@unchecked Sendable` because one thread at a time uses it: the loader that prepares it, then its worker.
final class Passage: @unchecked Sendable {
    let loaded: LoadedModel
    let x, mu, logVariance, sigma, z, decoded: GrowingRows
    private let session: VAESession

    var architecture: VAEArchitecture { loaded.architecture }

    init(_ loaded: LoadedModel) throws(ModelError) {
        self.loaded = loaded
        session = try VAESession(loaded.model)
        let architecture = loaded.architecture
        x = GrowingRows(width: architecture.inputCount)
        mu = GrowingRows(width: architecture.latent)
        logVariance = GrowingRows(width: architecture.latent)
        sigma = GrowingRows(width: architecture.latent)
        z = GrowingRows(width: architecture.latent)
        decoded = GrowingRows(width: architecture.inputCount)
    }

    /// Goes all the way once, so that no request is the first to find its memory and its executables.
    func warm() throws(ModelError) {
        let (images, codes) = (x.append(Self.warmRows), z.append(Self.warmRows))
        unsafe x.row(0).update(repeating: 0.5, count: images.count * x.width)
        unsafe z.row(0).update(repeating: 0, count: codes.count * z.width)
        try encode()
        try decode()
        formImages(codes)
        reset()
    }
    private static let warmRows = 16

    /// One encode for all rows of `x`.
    func encode() throws(ModelError) {
        let rows = x.count
        guard rows > 0 else { return }
        _ = (mu.append(rows), logVariance.append(rows), sigma.append(rows))
        try unsafe session.encode(
            rows: rows, x: x.row(0), mu: mu.row(0), logVariance: logVariance.row(0), sigma: sigma.row(0))
    }

    /// One decode for all rows of `z`.
    func decode() throws(ModelError) {
        let rows = z.count
        guard rows > 0 else { return }
        _ = decoded.append(rows)
        try unsafe session.decode(rows: rows, z: z.row(0), into: decoded.row(0))
    }

    /// Turns the decoder's numbers of `rows` into images, values 0…1, in place.
    func formImages(_ rows: Range<Int>) {
        let base = unsafe decoded.row(rows.lowerBound)
        unsafe architecture.likelihood.mean(
            count: rows.count * architecture.inputCount, decoded: base, into: base)
    }

    /// Makes room for the next batch.
    func reset() {
        for rows in [x, mu, logVariance, sigma, z, decoded] { rows.removeAll() }
    }
}
