/// As tensors of a checkpoint: `aggregate.mean` `[d]` and `aggregate.covariance` `[d, d]`, and perhaps
/// `aggregate.mixture.weights` `[K]`, `.means` `[K, d]` and `.cholesky` `[K, d, d]`, and `aggregate.image` `[C, H, W]`.
extension AggregatePosterior {
    private enum Name {
        static let mean = "aggregate.mean"
        static let covariance = "aggregate.covariance"
        static let weights = "aggregate.mixture.weights"
        static let means = "aggregate.mixture.means"
        static let cholesky = "aggregate.mixture.cholesky"
        static let image = "aggregate.image"
        static let mixture: Set = [weights, means, cholesky]
    }

    /// All names that can occur.
    static let tensorNames: Set = Name.mixture.union([Name.mean, Name.covariance, Name.image])

    /// Reads and checks the tensors; nil when the file has none of them.
    init?(_ file: SafetensorsFile, architecture: VAEArchitecture) throws(CheckpointError) {
        let present = Self.tensorNames.intersection(file.tensors.keys)
        guard !present.isEmpty else { return nil }
        let latent = architecture.latent
        guard latent <= Self.maximumLatent else {
            throw .content(
                "tensors \(SafetensorsFile.list(present)): at most \(Self.maximumLatent) latent dimensions can have them; "
                    + "the model has \(latent)")
        }
        self.init(
            mean: try file.floats(Name.mean, [latent]),
            covariance: try file.floats(Name.covariance, [latent, latent]),
            mixture: present.isDisjoint(with: Name.mixture) ? nil : try Self.mixture(file, latent: latent),
            meanImage: present.contains(Name.image) ? try file.floats(Name.image, architecture.inputShape) : nil)
        for index in 0..<latent where covariance[index * latent + index] < 0 {
            let variance = covariance[index * latent + index]
            throw .content("tensor \"\(Name.covariance)\": variance \(index) should not be negative; it is \(variance)")
        }
    }

    private static func mixture(_ file: SafetensorsFile, latent: Int) throws(CheckpointError) -> GaussianMixture {
        guard let tensor = file.tensors[Name.weights], tensor.shape.count == 1,
            (1...GaussianMixture.maximumComponents).contains(tensor.shape[0])
        else {
            let found = file.tensors[Name.weights].map { "\(Shape($0.shape))" } ?? "nothing"
            throw .content(
                "tensor \"\(Name.weights)\" should have shape [K], K 1…\(GaussianMixture.maximumComponents); found \(found)"
            )
        }
        let count = tensor.shape[0]
        let (weights, means, cholesky) = (
            try file.floats(Name.weights, [count]), try file.floats(Name.means, [count, latent]),
            try file.floats(Name.cholesky, [count, latent, latent])
        )
        do throws(ModelError) {
            return try GaussianMixture(weights: weights, means: means, cholesky: cholesky)
        } catch { throw .content(error.detail) }
    }

    /// In the order in which they are written.
    func tensors(_ architecture: VAEArchitecture) -> [SafetensorsWriter.Tensor] {
        func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> SafetensorsWriter.Tensor {
            SafetensorsWriter.Tensor(name: name, shape: shape, buffer: FloatBuffer(values))
        }
        var tensors = [
            tensor(Name.mean, [latent], mean), tensor(Name.covariance, [latent, latent], covariance),
        ]
        if let mixture {
            let count = mixture.components
            tensors += [
                tensor(Name.weights, [count], mixture.weights), tensor(Name.means, [count, latent], mixture.means),
                tensor(Name.cholesky, [count, latent, latent], mixture.cholesky),
            ]
        }
        if let meanImage { tensors.append(tensor(Name.image, architecture.inputShape.extents, meanImage)) }
        return tensors
    }
}
