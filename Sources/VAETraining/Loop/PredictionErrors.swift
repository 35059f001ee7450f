internal import VAE

/// What a likelihood does not say of a model without a distribution over codes: sums over the examples evaluated.
struct PredictionErrors {
    /// Σ (x − E[x|z])² over all values of all examples.
    private(set) var squared = 0.0
    /// Examples whose most probable class is not theirs.
    private(set) var misclassified = 0
    /// Σ of all codes.
    private(set) var codes = 0.0
    private(set) var examples = 0
    private var latent = 1
    private var classes: Int?

    /// Adds `rows` rows of the last forward pass of `vae`; `decoded`, its decoder's numbers, are overwritten.
    mutating func add(
        rows: Int, decoded: UnsafeMutablePointer<Float>, target: UnsafePointer<Float>, of vae: TrainableVAE
    ) {
        let architecture = vae.architecture
        guard architecture.posterior.isDeterministic else { return }
        let width = architecture.outputCount
        examples += rows
        latent = architecture.latent
        classes = architecture.configuration.predictedClasses
        for index in 0..<rows * latent { codes += unsafe Double(vae.mu.base[index]) }
        if classes != nil {
            for row in 0..<rows {
                let best = (0..<width).max { unsafe decoded[row * width + $0] < decoded[row * width + $1] } ?? 0
                if unsafe target[row * width + best] == 0 { misclassified += 1 }
            }
            return
        }
        unsafe architecture.likelihood.mean(count: rows * width, width: width, decoded: decoded, into: decoded)
        for index in 0..<rows * width {
            let difference = unsafe Double(decoded[index] - target[index])
            squared += difference * difference
        }
    }

    static func += (sum: inout PredictionErrors, other: PredictionErrors) {
        guard other.examples > 0 else { return }
        sum.squared += other.squared
        sum.misclassified += other.misclassified
        sum.codes += other.codes
        sum.examples += other.examples
        (sum.latent, sum.classes) = (other.latent, other.classes)
    }

    /// The sums over all processes.
    mutating func sum(over processes: ProcessGroup) {
        let sums = processes.sum([squared, Double(misclassified), codes, Double(examples)])
        (squared, misclassified, codes, examples) = (sums[0], Int(sums[1]), sums[2], Int(sums[3]))
    }

    /// The means, under the names they have in reports.
    var scalars: [String: Double] {
        guard examples > 0 else { return [:] }
        let count = Double(examples)
        if classes != nil { return ["error_rate": Double(misclassified) / count] }
        return ["squared_error": squared / count, "mean_code": codes / (count * Double(latent))]
    }
}
