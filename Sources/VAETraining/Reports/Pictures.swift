internal import VAE

/// The two pictures beside a checkpoint: what the model dreams up, and what it makes of images it has never seen.
struct Pictures {
    /// Tiles of the sample grid.
    static let sampleCount = 64
    /// Images that are reconstructed.
    static let reconstructionCount = 32
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

    /// E[x|z] for z from the prior, 8 × 8, as a PNG file.
    func samples() throws(TrainingError) -> [UInt8] {
        let latent = model.architecture.latent
        let z = FloatBuffer(count: Self.sampleCount * latent)
        unsafe RandomStream(seed: seed, domain: .prior).normals(rows: Self.sampleCount, width: latent, into: z.base)
        // A conditional model draws its classes by turns.
        let labels = (0..<Self.sampleCount).map { $0 % (classes ?? 1) }
        let rows = labelled(z, rows: Self.sampleCount, labels: labels)
        return try png(try decode(rows, rows: Self.sampleCount), count: Self.sampleCount)
    }

    /// Lines of eight test images, each above the line of their reconstructions E[x|z = μ(x)], as a PNG file.
    func reconstructions(of dataset: any Dataset) throws(TrainingError) -> [UInt8] {
        let architecture = model.architecture
        let width = architecture.inputCount
        let rows = min(Self.reconstructionCount, dataset.count)
        let x = FloatBuffer(count: rows * width)
        do throws(DatasetError) { try unsafe dataset.copy(0..<rows, into: x.base) } catch { throw .data(error) }
        let labels = dataset.labels.map { $0.prefix(rows).map(Int.init) } ?? Array(repeating: 0, count: rows)
        let input = labelled(x, rows: rows, labels: labels)
        let mu = FloatBuffer(count: rows * architecture.latent)
        let logVariance = FloatBuffer(count: mu.count)
        let sigma = FloatBuffer(count: mu.count)
        do throws(ModelError) {
            try unsafe session.encode(
                rows: rows, x: input.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        } catch { throw .model(error) }
        let images = try decode(labelled(mu, rows: rows, labels: labels), rows: rows)
        let lines = (rows + Self.columns - 1) / Self.columns
        let grid = FloatBuffer(count: 2 * lines * Self.columns * width)
        for row in 0..<rows {
            let above = (row / Self.columns * 2 * Self.columns + row % Self.columns) * width
            unsafe (grid.base + above).update(from: x.base + row * width, count: width)
            unsafe (grid.base + above + Self.columns * width).update(from: images.base + row * width, count: width)
        }
        return try png(grid, count: 2 * lines * Self.columns)
    }

    /// Writes `samples()` to `path`.
    func writeSamples(to path: String) throws(TrainingError) { try Self.write(try samples(), to: path) }

    /// Writes `reconstructions(of:)` to `path`.
    func writeReconstructions(of dataset: any Dataset, to path: String) throws(TrainingError) {
        try Self.write(try reconstructions(of: dataset), to: path)
    }

    /// Of a conditional model; nil for others.
    private var classes: Int? { model.architecture.configuration.classes }

    /// `values` as the model takes them: of a conditional model each row has its label behind it, one-hot.
    private func labelled(_ values: FloatBuffer, rows: Int, labels: [Int]) -> FloatBuffer {
        guard let classes else { return values }
        let width = values.count / rows
        let labelled = FloatBuffer(count: rows * (width + classes))
        for row in 0..<rows {
            let start = row * (width + classes)
            unsafe (labelled.base + start).update(from: values.base + row * width, count: width)
            if labels[row] < classes { labelled[start + width + labels[row]] = 1 }
        }
        return labelled
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

    private func png(_ images: FloatBuffer, count: Int) throws(TrainingError) -> [UInt8] {
        do throws(ImageError) {
            let png = try unsafe PNGEncoder().encode(
                UnsafePointer(images.base), count: count, shape: model.architecture.inputShape,
                grid: ImageGrid(columns: Self.columns))
            return png.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
        } catch { throw .system("a picture of \(count) images: \(error)") }
    }

    private static func write(_ png: [UInt8], to path: String) throws(TrainingError) {
        do throws(CheckpointError) { try AtomicFile.write(png, to: path) } catch { throw .checkpoint(error) }
    }
}
