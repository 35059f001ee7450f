internal import VAE

/// One thread's workspace to send examples through a model: gives the encoder and the decoder what they want besides
/// pixels and z, the label of a conditional model, and normalises where the model does.
@safe final class ExampleSession {
    let model: VAEModel
    private let session: VAESession
    private let labels, encoderInput, decoderInput: FloatBuffer
    private var architecture: VAEArchitecture { model.architecture }
    private var classes: Int { architecture.configuration.classes ?? 0 }

    /// For up to `maximumRows` examples at a time.
    init(_ model: VAEModel, maximumRows: Int) throws(TrainingError) {
        self.model = model
        do throws(ModelError) { session = try VAESession(model) } catch { throw .model(error) }
        let architecture = model.architecture
        let classes = architecture.configuration.classes ?? 0
        let copies = classes > 0 || architecture.normalisesInput
        labels = FloatBuffer(count: maximumRows * classes)
        encoderInput = FloatBuffer(count: copies ? maximumRows * architecture.encoderInputCount : 0)
        decoderInput = FloatBuffer(count: classes > 0 ? maximumRows * architecture.decoderInputCount : 0)
    }

    /// Whether `dataset` has what the model needs. Throws an error that says what is missing.
    static func check(_ dataset: any Dataset, for architecture: VAEArchitecture) throws(TrainingError) {
        guard dataset.shape == architecture.inputShape else {
            throw .setting(
                "--data: the model takes images \(architecture.inputShape); these are \(dataset.shape); "
                    + "--image-size, --crop and --colour convert them")
        }
        guard let classes = architecture.configuration.classes else { return }
        guard let labels = dataset.labels else {
            throw .setting("--data: the model needs the label of each image, one of \(classes); these have none")
        }
        if let largest = labels.max(), Int(largest) >= classes {
            throw .setting("--data: the model knows labels 0…\(classes - 1); these go up to \(largest)")
        }
    }

    /// From here on row r is about the image of number `numbers[r]` of `dataset`.
    func select(_ numbers: UnsafePointer<UInt32>, rows: Int, of dataset: any Dataset) {
        guard classes > 0 else { return }
        unsafe dataset.oneHotLabels(numbers, rows: rows, classes: classes, into: labels)
    }

    /// q(z|x) of x `[rows, C·H·W]`; see `VAESession.encode`.
    func encode(
        rows: Int, x: UnsafePointer<Float>, mu: UnsafeMutablePointer<Float>,
        logVariance: UnsafeMutablePointer<Float>, sigma: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        let width = architecture.inputCount
        guard encoderInput.count > 0 else {
            return try unsafe session.encode(rows: rows, x: x, mu: mu, logVariance: logVariance, sigma: sigma)
        }
        if classes > 0 {
            unsafe MatrixRows.join(
                x, left: width, labels.base, right: classes, rows: rows, into: encoderInput.base)
        } else {
            unsafe encoderInput.base.update(from: x, count: rows * width)
            unsafe MatrixRows.normalise(encoderInput.base, rows: rows, width: width)
        }
        try unsafe session.encode(
            rows: rows, x: encoderInput.base, mu: mu, logVariance: logVariance, sigma: sigma)
    }

    /// The decoder's numbers of z `[rows, latent]`; see `VAESession.decode`.
    func decode(
        rows: Int, z: UnsafePointer<Float>, into decoded: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        guard classes > 0 else { return try unsafe session.decode(rows: rows, z: z, into: decoded) }
        unsafe MatrixRows.join(
            z, left: architecture.latent, labels.base, right: classes, rows: rows, into: decoderInput.base)
        try unsafe session.decode(rows: rows, z: decoderInput.base, into: decoded)
    }
}
