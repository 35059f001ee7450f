import VAE

/// A VAE of 1×6×5 images with 16 hidden units and 3 latent dimensions: small, but no two extents are the same.
enum TestModel {
    static let height = 6
    static let width = 5
    static let pixels = 30
    static let latent = 3

    static var configuration: ModelConfiguration { .dense(input: [1, height, width], hidden: [16], latent: latent) }

    /// Writes a checkpoint with weights drawn from `seed`.
    static func write(
        to path: String, seed: UInt64 = 1, license: String? = "CC0-1.0",
        _ configuration: ModelConfiguration = configuration
    ) throws {
        try write(to: path, license: license, configuration) { entry, values in
            let scale = entry.name.hasSuffix("bias") ? 0.1 : 1 / Float(entry.fanIn).squareRoot()
            let row = UInt32(entry.offset)
            unsafe values.withUnsafeMutableBufferPointer { target in
                guard let base = target.baseAddress else { return }
                unsafe RandomStream(seed: seed, domain: .initialisation).normals(
                    firstRow: row, rows: 1, width: target.count, into: base)
            }
            for index in values.indices { values[index] *= scale }
        }
    }

    /// Writes a checkpoint whose results are finite on noise and overflow for large inputs: all-white images give an
    /// infinite μ, codes of 10⁶ give NaN pixels.
    static func writeOverflowing(to path: String) throws {
        try write(to: path, license: nil) { entry, values in
            for index in values.indices {
                values[index] =
                    switch entry.name {
                    case "encoder.0.weight": 1.5e37
                    case "mu.weight", "sigma.weight": 1e-20
                    case "decoder.0.weight": 3e32
                    case "decoder.2.weight": index % 2 == 0 ? 1e-10 : -1e-10
                    default: 0
                    }
            }
        }
    }

    private static func write(
        to path: String, license: String?, _ configuration: ModelConfiguration = configuration,
        fill: (ParameterLayout.Entry, inout [Float]) -> Void
    ) throws {
        let architecture = try VAEArchitecture(configuration)
        let parameters = FloatBuffer(count: architecture.layout.count)
        for entry in architecture.layout.entries {
            var values = [Float](repeating: 0, count: entry.count)
            fill(entry, &values)
            for (index, value) in values.enumerated() { parameters[entry.offset + index] = value }
        }
        let checkpoint = Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: license)
        try checkpoint.write(to: path)
    }
}
