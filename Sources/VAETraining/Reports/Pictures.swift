internal import VAE

/// The two pictures beside a checkpoint: what the model dreams up, and what it makes of images it has never seen.
struct Pictures {
    /// Tiles of the sample grid.
    static let samples = 64
    /// Images that are reconstructed.
    static let reconstructions = 32
    private static let columns = 8

    private let model: VAEModel
    private let session: VAESession
    private let seed: UInt64

    init(_ checkpoint: Checkpoint, seed: UInt64) throws(TrainingError) {
        do throws(ModelError) {
            model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
            session = try VAESession(model)
        } catch { throw .model(error) }
        self.seed = seed
    }

    /// E[x|z] for z from the prior, 8 × 8; writes a PNG.
    func writeSamples(to path: String) throws(TrainingError) {
        let latent = model.architecture.latent
        let z = FloatBuffer(count: Self.samples * latent)
        unsafe RandomStream(seed: seed, domain: .prior).normals(rows: Self.samples, width: latent, into: z.base)
        try write(try decode(z, rows: Self.samples), count: Self.samples, to: path)
    }

    /// Lines of eight test images, each above the line of their reconstructions E[x|z = μ(x)]; writes a PNG.
    func writeReconstructions(of dataset: any Dataset, to path: String) throws(TrainingError) {
        let architecture = model.architecture
        let width = architecture.inputCount
        let rows = min(Self.reconstructions, dataset.count)
        let x = FloatBuffer(count: rows * width)
        do throws(DatasetError) { try unsafe dataset.copy(0..<rows, into: x.base) } catch { throw .data(error) }
        let mu = FloatBuffer(count: rows * architecture.latent)
        let logVariance = FloatBuffer(count: mu.count)
        let sigma = FloatBuffer(count: mu.count)
        do throws(ModelError) {
            try unsafe session.encode(
                rows: rows, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        } catch { throw .model(error) }
        let images = try decode(mu, rows: rows)
        let lines = (rows + Self.columns - 1) / Self.columns
        let grid = FloatBuffer(count: 2 * lines * Self.columns * width)
        for row in 0..<rows {
            let above = (row / Self.columns * 2 * Self.columns + row % Self.columns) * width
            unsafe (grid.base + above).update(from: x.base + row * width, count: width)
            unsafe (grid.base + above + Self.columns * width).update(from: images.base + row * width, count: width)
        }
        try write(grid, count: 2 * lines * Self.columns, to: path)
    }

    private func decode(_ z: FloatBuffer, rows: Int) throws(TrainingError) -> FloatBuffer {
        let architecture = model.architecture
        let images = FloatBuffer(count: rows * architecture.inputCount)
        do throws(ModelError) { try unsafe session.decode(rows: rows, z: z.base, into: images.base) } catch {
            throw .model(error)
        }
        unsafe architecture.likelihood.mean(
            count: images.count, width: architecture.inputCount, decoded: images.base, into: images.base)
        return images
    }

    private func write(_ images: FloatBuffer, count: Int, to path: String) throws(TrainingError) {
        do {
            let png = try unsafe PNGEncoder().encode(
                UnsafePointer(images.base), count: count, shape: model.architecture.inputShape,
                grid: ImageGrid(columns: Self.columns))
            let bytes = png.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
            try AtomicFile.write(bytes, to: path)
        } catch let error as CheckpointError { throw .checkpoint(error) } catch {
            throw .system("\(path): \(error)")
        }
    }
}
