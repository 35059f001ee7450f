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
    /// Of the rows of `x` and `z`; nil unless the model is conditional.
    let labels: (x: RowLabels, z: RowLabels)?
    /// Called now and then while a request is worked on that takes long: serves small ones meanwhile, and throws when
    /// nobody waits for the long one any more.
    var pause: () throws(RequestError) -> Void = {}
    private let session: VAESession
    /// Parts whose requests this batch has answered.
    private var answeredParts: Set<InferencePart> = []

    var architecture: VAEArchitecture { loaded.architecture }

    convenience init(_ loaded: LoadedModel) throws(ModelError) {
        self.init(loaded, session: try VAESession(loaded.model))
    }

    /// The same model's rows of another batch, in the pauses of which this one's are worked on.
    convenience init(beside other: Passage) { self.init(other.loaded, session: other.session) }

    private init(_ loaded: LoadedModel, session: VAESession) {
        self.loaded = loaded
        self.session = session
        let architecture = loaded.architecture
        x = GrowingRows(width: architecture.inputCount)
        mu = GrowingRows(width: architecture.latent)
        logVariance = GrowingRows(width: architecture.latent)
        sigma = GrowingRows(width: architecture.latent)
        z = GrowingRows(width: architecture.latent)
        decoded = GrowingRows(width: architecture.inputCount)
        labels = architecture.configuration.classes.map { (RowLabels(classes: $0), RowLabels(classes: $0)) }
    }

    /// Goes all the way once, so that no request is the first to find its memory and its executables.
    func warm() throws(ModelError) {
        let (images, codes) = (x.append(Self.warmRows), z.append(Self.warmRows))
        unsafe x.row(0).update(repeating: 0.5, count: images.count * x.width)
        unsafe z.row(0).update(repeating: 0, count: codes.count * z.width)
        do throws(RequestError) {
            try encode()
            try decode()
        } catch { throw .kernel(error.reply.message) }
        formImages(codes)
        reset()
    }
    private static let warmRows = 16

    /// One encode for all rows of `x`.
    func encode() throws(RequestError) {
        _ = (mu.append(x.count), logVariance.append(x.count), sigma.append(x.count))
        if architecture.normalisesInput { unsafe MatrixRows.normalise(x.row(0), rows: x.count, width: x.width) }
        try inSlices(x.count) { (row, rows) throws(ModelError) in
            let values = unsafe UnsafePointer(x.row(row))
            let input = unsafe labels?.x.join(values, row: row, rows: rows, width: x.width) ?? values
            try unsafe session.encode(
                rows: rows, x: input, mu: mu.row(row), logVariance: logVariance.row(row), sigma: sigma.row(row))
        }
    }

    /// One decode for all rows of `z`.
    func decode() throws(RequestError) {
        _ = decoded.append(z.count)
        try inSlices(z.count) { (row, rows) throws(ModelError) in
            let codes = unsafe UnsafePointer(z.row(row))
            let input = unsafe labels?.z.join(codes, row: row, rows: rows, width: z.width) ?? codes
            try unsafe session.decode(rows: rows, z: input, into: decoded.row(row))
        }
    }

    /// The decoder's numbers of `rows` codes of the image in row `image` of x that are not part of the batch, at most
    /// `sliceRows`.
    func decodeAside(
        rows: Int, z codes: UnsafePointer<Float>, image: Int, into decoded: UnsafeMutablePointer<Float>
    ) throws(RequestError) {
        do throws(ModelError) {
            let input = unsafe labels.map { unsafe $0.x.join(codes, rows: rows, width: z.width, label: $0.x[image]) }
            try unsafe session.decode(rows: rows, z: input ?? codes, into: decoded)
        } catch { throw RequestError(error) }
    }

    /// Runs `kernel` on consecutive rows, with pauses between slices of about a millisecond.
    private func inSlices(
        _ count: Int, _ kernel: (_ row: Int, _ rows: Int) throws(ModelError) -> Void
    ) throws(RequestError) {
        for row in stride(from: 0, to: count, by: sliceRows) {
            if row > 0 { try pause() }
            do throws(ModelError) { try kernel(row, min(sliceRows, count - row)) } catch { throw RequestError(error) }
        }
    }

    /// Rows whose encode or decode takes about a millisecond.
    var sliceRows: Int {
        max(1, Self.sliceElements / max(architecture.encoderInputCount, architecture.decoderInputCount))
    }
    private static let sliceElements = 1 << 17

    /// Turns the decoder's numbers of `rows` into images, values 0…1, in place.
    func formImages(_ rows: Range<Int>) {
        let base = unsafe decoded.row(rows.lowerBound)
        unsafe architecture.likelihood.mean(
            count: rows.count * architecture.inputCount, width: architecture.inputCount, decoded: base, into: base)
    }

    /// Whether a request for `part` is the first of its batch to be answered: a batch is one execution of a model.
    func answersFirst(_ part: InferencePart) -> Bool { answeredParts.insert(part).inserted }

    /// Makes room for the next batch.
    func reset() {
        answeredParts.removeAll(keepingCapacity: true)
        for rows in [x, mu, logVariance, sigma, z, decoded] { rows.removeAll() }
        labels?.x.removeAll()
        labels?.z.removeAll()
    }
}
