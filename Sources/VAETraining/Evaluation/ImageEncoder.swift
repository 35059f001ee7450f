internal import VAE

/// Sends the images of a data set through a model, on all threads of a team.
final class ImageEncoder {
    private let model: VAEModel
    private let team: ThreadTeam
    private let workers: [Worker]
    private let seed: UInt64
    /// Images that go through the model together on a thread.
    private static let rows = 64

    init(_ model: VAEModel, seed: UInt64, team: ThreadTeam) throws(TrainingError) {
        self.model = model
        self.team = team
        self.seed = seed
        var workers: [Worker] = []
        for _ in 0..<team.count { workers.append(try Worker(model, rows: Self.rows)) }
        self.workers = workers
    }

    /// The posteriors of the images `numbers` of `dataset`, with one draw of z each from the posterior domain of the
    /// random numbers, `draw`; and if `decoding`, −ln p(x|z). Nil when `shouldStop`, asked every 64 images, says so.
    func encode(
        _ numbers: [UInt32], of dataset: any Dataset, draw: UInt32, decoding: Bool,
        progress: @escaping @Sendable (Int) -> Void, shouldStop: @escaping @Sendable () -> Bool
    ) throws(TrainingError) -> EncodedImages? {
        let images = EncodedImages(numbers: numbers, posterior: model.architecture.posterior, decoded: decoding)
        let noise = RandomStream(seed: seed, domain: .posterior, draw: draw)
        let blocks = (numbers.count + Self.rows - 1) / Self.rows
        let workers = workers
        let report: @Sendable (Int) -> Void = { progress(min($0 * Self.rows, numbers.count)) }
        let done = try team.forEach(blocks, progress: report, shouldStop: shouldStop) {
            (thread: Int, block: Int) throws(TrainingError) in
            let start = block * Self.rows
            let range = start..<min(start + Self.rows, numbers.count)
            try workers[thread].encode(range, of: dataset, noise: noise, into: images, decoding: decoding)
            return true
        }
        return done == blocks ? images : nil
    }

    /// One thread's workspace.
    /// `@unchecked Sendable` because only the thread of its index touches it while the team runs; threads write to
    /// disjoint ranges of the result.
    @safe private final class Worker: @unchecked Sendable {
        private let model: VAEModel
        private let session: ExampleSession
        private let x, sigma, noise, decoded: FloatBuffer

        init(_ model: VAEModel, rows: Int) throws(TrainingError) {
            self.model = model
            session = try ExampleSession(model, maximumRows: rows)
            let architecture = model.architecture
            x = FloatBuffer(scratch: rows * architecture.inputCount)
            sigma = FloatBuffer(scratch: rows * architecture.latent)
            noise = FloatBuffer(scratch: rows * architecture.latent)
            decoded = FloatBuffer(scratch: rows * architecture.inputCount)
        }

        func encode(
            _ range: Range<Int>, of dataset: any Dataset, noise stream: RandomStream, into images: EncodedImages,
            decoding: Bool
        ) throws(TrainingError) {
            let (rows, latent) = (range.count, images.latent)
            try read(range, of: dataset, noise: stream, into: images)
            do throws(ModelError) {
                let first = range.lowerBound * latent
                let (mu, z) = unsafe (images.mu.base + first, images.z.base + first)
                try unsafe session.encode(
                    rows: rows, x: x.base, mu: mu, logVariance: images.logVariance.base + first, sigma: sigma.base)
                unsafe Posterior.sample(count: rows * latent, mu: mu, sigma: sigma.base, noise: noise.base, into: z)
                guard decoding else { return }
                try unsafe session.decode(rows: rows, z: z, into: decoded.base)
                unsafe model.architecture.likelihood.negativeLogLikelihood(
                    rows: rows, width: model.architecture.inputCount, decoded: decoded.base, x: x.base,
                    logScale: model.logScale, into: images.reconstruction.base + range.lowerBound)
            } catch { throw .model(error) }
        }

        private func read(
            _ range: Range<Int>, of dataset: any Dataset, noise stream: RandomStream, into images: EncodedImages
        ) throws(TrainingError) {
            var failure: DatasetError?
            unsafe images.numbers.withUnsafeBufferPointer { numbers in
                guard let first = numbers.baseAddress else { return }
                let indices = unsafe first + range.lowerBound
                unsafe session.select(indices, rows: range.count, of: dataset)
                unsafe stream.normals(rowIndices: indices, rows: range.count, width: images.latent, into: noise.base)
                do throws(DatasetError) {
                    try unsafe dataset.gather(indices, rows: range.count, into: x.base)
                } catch { failure = error }
            }
            if let failure { throw .data(failure) }
        }
    }
}
