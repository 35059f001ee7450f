import VAE

/// How far bfloat16 is from float32, on images that the model makes itself.
struct PrecisionError {
    /// Largest and mean absolute difference.
    private struct Difference {
        var largest: Float = 0
        var mean: Float = 0

        init(_ a: FloatBuffer, _ b: FloatBuffer) {
            for index in 0..<a.count {
                let difference = abs(a[index] - b[index])
                largest = max(largest, difference)
                mean += difference / Float(a.count)
            }
        }
    }

    /// Decodes `rows` draws from the prior, encodes the images they give, and prints a line for each kind of number.
    static func report(_ checkpoint: Checkpoint, rows: Int) throws {
        let architecture = checkpoint.architecture
        let (latent, width) = (architecture.latent, architecture.inputCount)
        let z = FloatBuffer(count: rows * latent)
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: rows, width: latent, into: z.base)
        var images: FloatBuffer?
        var found: [[FloatBuffer]] = []
        for precision in [Precision.f32, .bf16] {
            let model = try VAEModel(architecture, parameters: checkpoint.parameters, precision: precision)
            let session = try VAESession(model)
            let pixels = FloatBuffer(count: rows * width)
            try unsafe session.decode(rows: rows, z: z.base, into: pixels.base)
            unsafe architecture.likelihood.mean(
                count: pixels.count, width: architecture.inputCount, decoded: pixels.base, into: pixels.base)
            let x = images ?? pixels
            images = x
            let codes = (0..<3).map { _ in FloatBuffer(count: rows * latent) }
            try unsafe session.encode(
                rows: rows, x: x.base, mu: codes[0].base, logVariance: codes[1].base, sigma: codes[2].base)
            found.append([codes[0], codes[2], pixels])
        }
        for (name, (a, b)) in zip(["mu", "sigma", "probability"], zip(found[0], found[1])) {
            let difference = Difference(a, b)
            print("bf16 against f32, \(rows) images, \(name): mean \(difference.mean), largest \(difference.largest)")
        }
    }
}
