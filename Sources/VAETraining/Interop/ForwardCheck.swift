public import VAE

/// A model's forward pass on a few images: it must give numbers, and those that somebody else got, if they are given.
///
/// The images are tensor `x` `[rows, pixels]` or `[rows, C, H, W]` of a file, and for a conditional model `label`
/// `[rows, classes]`; without a file, noise. What is expected are tensors `mu` and `sigma` `[rows, latent]`, and
/// `decoded` `[rows, pixels]`: the decoder's numbers (logits, where the likelihood takes logits) at z = μ.
public struct ForwardCheck {
    /// What was compared, and the largest |found − expected| / max(1, |expected|) of it.
    public private(set) var differences: [(name: String, difference: Double)] = []
    /// Images that went through the model.
    public let rows: Int

    private static let (maximumRows, noiseRows) = (1024, 4)
    private static let comparable = ["mu", "sigma", "decoded"]

    /// Runs it. `expected` may hold `x` and `label` too, if there is no `example`. Throws when a number is not finite,
    /// or further than `tolerance` from what is expected.
    public init(
        _ checkpoint: Checkpoint, example: String?, expected: String?, tolerance: Double
    ) throws(TrainingError) {
        let architecture = checkpoint.architecture
        let reference = try expected.map { (path) throws(TrainingError) in try ReferenceTensors(path) }
        let source = try example.map { (path) throws(TrainingError) in try ReferenceTensors(path) } ?? reference
        let rows = try source?.rowCount("x", limit: Self.maximumRows) ?? Self.noiseRows
        self.rows = rows
        let x = try Self.images(source, rows: rows, architecture)
        let label = try Self.labels(source, rows: rows, architecture)
        let results = try Self.run(checkpoint, x, label, rows: rows)
        guard let reference else { return }
        let known = Self.comparable + ["x", "label"]
        guard reference.names.allSatisfy(known.contains), !Set(reference.names).isDisjoint(with: Self.comparable) else {
            throw .setting(
                "\(reference.path): expected some of tensors \(Self.comparable.joined(separator: ", ")), and perhaps x "
                    + "and label; found \(TensorMismatch.list(reference.names))")
        }
        for name in Self.comparable where reference.names.contains(name) {
            guard let found = results[name] else { continue }
            let expected = try reference.rows(name, count: rows, width: found.count / rows)
            differences.append(
                (name, try Self.compare(name, found, expected, rows: rows, tolerance: tolerance, in: reference.path)))
        }
    }

    /// `[rows, pixels]`, of unit length where the model takes them so.
    private static func images(
        _ tensors: ReferenceTensors?, rows: Int, _ architecture: VAEArchitecture
    ) throws(TrainingError) -> FloatBuffer {
        let width = architecture.inputCount
        let noise = { RandomStream(seed: 1, domain: .dataset).uniforms(row: 0, count: rows * width) }
        let x = try tensors?.rows("x", count: rows, width: width) ?? FloatBuffer(noise())
        if architecture.normalisesInput { unsafe MatrixRows.normalise(x.base, rows: rows, width: width) }
        return x
    }

    /// `[rows, classes]`; without a file, of one class after the other.
    private static func labels(
        _ tensors: ReferenceTensors?, rows: Int, _ architecture: VAEArchitecture
    ) throws(TrainingError) -> FloatBuffer {
        guard let classes = architecture.configuration.classes else { return FloatBuffer(count: 0) }
        if let tensors { return try tensors.rows("label", count: rows, width: classes) }
        let labels = FloatBuffer(count: rows * classes)
        for row in 0..<rows { labels[row * classes + row % classes] = 1 }
        return labels
    }

    /// μ, σ and the decoder's numbers at z = μ.
    private static func run(
        _ checkpoint: Checkpoint, _ x: FloatBuffer, _ label: FloatBuffer, rows: Int
    ) throws(TrainingError) -> [String: FloatBuffer] {
        let architecture = checkpoint.architecture
        let (latent, classes) = (architecture.latent, architecture.configuration.classes ?? 0)
        let width = architecture.outputCount
        let (mu, sigma) = (FloatBuffer(count: rows * latent), FloatBuffer(count: rows * latent))
        let logVariance = FloatBuffer(count: rows * latent)
        let input = FloatBuffer(count: rows * architecture.encoderInputCount)
        let codes = FloatBuffer(count: rows * architecture.decoderInputCount)
        let (decoded, mean) = (FloatBuffer(count: rows * width), FloatBuffer(count: rows * width))
        KernelThread.begin()
        do throws(ModelError) {
            let session = try VAESession(VAEModel(architecture, parameters: checkpoint.parameters))
            unsafe MatrixRows.join(
                x.base, left: architecture.inputCount, label.base, right: classes, rows: rows, into: input.base)
            try unsafe session.encode(
                rows: rows, x: input.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
            unsafe MatrixRows.join(mu.base, left: latent, label.base, right: classes, rows: rows, into: codes.base)
            try unsafe session.decode(rows: rows, z: codes.base, into: decoded.base)
        } catch { throw .model(error) }
        unsafe architecture.likelihood.mean(
            count: rows * width, width: width, decoded: decoded.base, into: mean.base)
        for (name, values) in [("μ", mu), ("σ", sigma), ("the decoder's numbers", decoded), ("the mean", mean)] {
            guard values.isFinite else {
                throw .setting("a forward pass of \(rows) images: \(name) should be finite; found NaN or infinity")
            }
        }
        return ["mu": mu, "sigma": sigma, "decoded": decoded]
    }

    private static func compare(
        _ name: String, _ found: FloatBuffer, _ expected: FloatBuffer, rows: Int, tolerance: Double, in path: String
    ) throws(TrainingError) -> Double {
        var (worst, place) = (0.0, 0)
        for index in 0..<found.count {
            let reference = Double(expected[index])
            let difference = abs(Double(found[index]) - reference) / max(1, abs(reference))
            guard difference.isFinite else {
                throw .setting(
                    "\(path): tensor \"\(name)\", element \(index), is \(reference); expected a finite number")
            }
            if difference > worst { (worst, place) = (difference, index) }
        }
        let width = found.count / rows
        guard worst <= tolerance else {
            throw .setting(
                "\(name) differs from \(path): row \(place / width), number \(place % width), should be "
                    + "\(expected[place]); it is \(found[place]). At most --tolerance \(tolerance), relative to numbers "
                    + "above 1, is accepted; do the layers, the activations and what sigma predicts agree?")
        }
        return worst
    }
}
