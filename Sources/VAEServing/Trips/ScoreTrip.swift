internal import HTTPServer
internal import VAE

/// Images to what they cost, and to how unusual that is: on at x, off at the log-weights of p(x, z) over q(z|x).
struct ScoreTrip: Trip {
    private let inputs: Range<Int>
    private let score: ImageScore
    /// Per cent of held-out images; an image is anomalous when fewer cost as much.
    private let threshold: Float?
    private let samples: Int?
    private let seed: UInt64
    private var outputs = 0..<0
    /// One for each image, with samples.
    private var draws: [WeighedDraws] = []

    /// Values of x decoded for draws of one request: seconds of work, which is given up when nobody waits for it.
    private static let maximumValues = 1 << 27

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let (query, model) = (ticket.query, passage.loaded)
        let most = max(1, Self.maximumValues / passage.architecture.inputCount)
        samples = try query.integer("samples", in: 1...most)
        let given = try query.seed("seed")
        seed = given ?? PosteriorDraw.newSeed()
        score = try query.choice("score", ImageScore.self) ?? model.scorer.defaultScore
        threshold = try query.number("threshold", in: 0...100)
        if samples != nil && passage.architecture.posterior.isDeterministic {
            throw .invalidValue("the model is an autoencoder, without a distribution to draw samples from")
        }
        guard given == nil || samples != nil else {
            throw .invalidValue("seed is that of samples: without samples=k nothing is drawn")
        }
        guard score != .bound || samples != nil else {
            throw .invalidValue("score bound is of samples: give samples=k too")
        }
        if threshold != nil { _ = try Self.quantiles(score, samples, model) }
        inputs = try ImageInput(ticket: ticket, passage: passage).readBody()
        guard inputs.count * (samples ?? 0) <= most else {
            throw .tooManyRows(
                "\(samples ?? 0) samples of \(inputs.count) images are \(inputs.count * (samples ?? 0)) codes to decode; "
                    + "of this model at most \(most) are accepted in one request")
        }
    }

    var rowsToChoose: Int { inputs.count }

    mutating func chooseLatents(_ passage: Passage) throws(RequestError) {
        let latent = passage.architecture.latent
        outputs = passage.z.append(inputs.count)
        unsafe passage.z.row(outputs.lowerBound).update(
            from: passage.mu.row(inputs.lowerBound), count: inputs.count * latent)
        if let labels = passage.labels { labels.z.set(inputs.map { labels.x[$0] }, for: outputs) }
        if let samples { draws = try passage.draws(samples, of: inputs, seed: seed) }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let scorer = passage.loaded.scorer
        let (count, latent) = (inputs.count, passage.architecture.latent)
        let kl = FloatBuffer(count: count * latent)
        var images = unsafe scorer.costs(
            rows: count, x: passage.x.row(inputs.lowerBound), mu: passage.mu.row(inputs.lowerBound),
            logVariance: passage.logVariance.row(inputs.lowerBound),
            decoded: passage.decoded.row(outputs.lowerBound), kl: kl.base)
        for (row, draw) in draws.enumerated() {
            images[row] = images[row].drawn(reconstruction: draw.reconstruction, bound: draw.weights.bound)
        }
        var body = JSONBody(passage.loaded, capacity: count * (latent + 32) * 12 + 512)
        if let samples {
            body.member("samples", UInt64(samples))
            body.member("seed", seed)
        }
        try write(images, klPerDimension: kl, to: &body, scorer)
        try writeRanks(of: images, to: &body, passage.loaded)
        var response = body.response()
        if samples != nil { response.setHeader("X-VAE-Seed", String(seed)) }
        return response
    }

    private func write(
        _ images: [ImageCosts], klPerDimension: FloatBuffer, to body: inout JSONBody, _ scorer: ImageScorer
    ) throws(RequestError) {
        func add(_ name: StaticString, _ value: (ImageCosts) -> Double?) throws(RequestError) {
            let values = images.compactMap(value)
            if values.count == images.count { try body.member(name, values) }
        }
        try add("reconstruction", \.reconstruction)
        try add("kl", \.kl)
        try unsafe body.member(
            "kl_per_dimension", klPerDimension.base, shape: [images.count, klPerDimension.count / images.count])
        try add("elbo") { -$0.loss }
        try add("bits_per_dimension") { scorer.bitsPerDimension($0.loss) }
        if samples != nil {
            try add("bound", \.bound)
            let errors = draws.compactMap(\.standardError)
            if errors.count == draws.count { try body.member("standard_error", errors) }
            try body.member("effective_sample_size", draws.map(\.weights.effectiveSampleSize))
        }
        try add("excess") { scorer.cost(.excess, of: $0, typicalLoss: nil) }
        try add("complexity_bits", \.complexity)
        try add("corrected") { scorer.cost(.corrected, of: $0, typicalLoss: nil) }
        try add("mahalanobis", \.mahalanobis)
        try add("mixture", \.mixture)
    }

    /// Where the scores lie among those of held-out images.
    private func writeRanks(
        of images: [ImageCosts], to body: inout JSONBody, _ model: LoadedModel
    ) throws(RequestError) {
        body.member("score", score.rawValue)
        guard let held = model.heldOut else { return }
        let typicalLoss = held.costs(samples: samples)?.typicalLoss
        var percentiles: [(ImageScore, [Double])] = []
        for score in ImageScore.allCases {
            guard let quantiles = held.quantiles(score, samples: samples) else { continue }
            let costs = images.compactMap { model.scorer.cost(score, of: $0, typicalLoss: typicalLoss) }
            guard costs.count == images.count else { continue }
            if score == .typicality { try body.member("typicality", costs) }
            percentiles.append((score, costs.map { held.percentile(of: $0, among: quantiles) }))
        }
        try body.object("percentile", percentiles.map { (name: $0.0.rawValue, values: $0.1) })
        guard let threshold, let ranks = percentiles.first(where: { $0.0 == score })?.1 else { return }
        body.member("anomalous", ranks.map { $0 < Double(threshold) })
    }

    /// The quantiles that a threshold speaks of.
    private static func quantiles(
        _ score: ImageScore, _ samples: Int?, _ model: LoadedModel
    ) throws(RequestError) -> [Float] {
        if let quantiles = model.heldOut?.quantiles(score, samples: samples) { return quantiles }
        guard let held = model.heldOut else {
            throw .invalidValue(
                "threshold: model \(model.name) has no scores of held-out images to compare with; "
                    + "vae-trainer evaluate --write stores them")
        }
        if samples != nil && score.dependsOnDraws {
            guard let stored = held.drawn?.samples else {
                throw .invalidValue(
                    "threshold: model \(model.name) has no scores of held-out images with samples; leave samples out, or "
                        + "store them with vae-trainer evaluate --samples k --write")
            }
            if score == .bound && samples != stored {
                throw .invalidValue(
                    "threshold: the bounds of held-out images are those of samples=\(stored), with which alone bounds "
                        + "compare; found samples=\(samples ?? 0)")
            }
        }
        let known = ImageScore.allCases.filter { held.quantiles($0, samples: samples) != nil }.map(\.rawValue)
        throw .invalidValue(
            "threshold: score \(score.rawValue) does not apply to model \(model.name); those that do are "
                + known.joined(separator: ", "))
    }
}
