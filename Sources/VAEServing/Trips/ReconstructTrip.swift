internal import HTTPServer
internal import VAE

/// Images to q(z|x), and from its mean back to images: on at x, off at x, with what it cost in nats.
struct ReconstructTrip: Trip {
    private let inputs: Range<Int>
    private let form: ReplyForm
    /// Whether the reply says how x and its reconstruction differ.
    private let withDifference: Bool
    private var outputs = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        withDifference = try ticket.query.flag("diff") ?? false
        inputs = try ImageInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { inputs.count }

    mutating func chooseLatents(_ passage: Passage) {
        outputs = passage.z.append(inputs.count)
        unsafe passage.z.row(outputs.lowerBound).update(
            from: passage.mu.row(inputs.lowerBound), count: inputs.count * passage.architecture.latent)
        if let labels = passage.labels { labels.z.set(inputs.map { labels.x[$0] }, for: outputs) }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let (count, latent) = (inputs.count, passage.architecture.latent)
        // From the decoder's own numbers, before they become images.
        let reconstruction = form.format == .json ? negativeLogLikelihoods(passage) : nil
        passage.formImages(outputs)
        let images = ImageReply(passage: passage, rows: outputs)
        if withDifference && form.format != .json {
            let triples = triples(passage)
            return try ImageReply(passage: passage, images: triples, axes: [count, 3]).response(form, columns: 3) {
                (_: inout JSONBody) throws(RequestError) in
            }
        }
        return try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            try unsafe body.member("mu", passage.mu.row(inputs.lowerBound), shape: [count, latent])
            try unsafe body.member("sigma", passage.sigma.row(inputs.lowerBound), shape: [count, latent])
            try images.append(to: &body)
            if let reconstruction { try unsafe body.member("reconstruction", reconstruction.base, shape: [count]) }
            let kl = klDivergences(passage)
            try unsafe body.member("kl", kl.base, shape: [count])
            if withDifference { try appendDifference(passage, to: &body) }
        }
    }

    private func negativeLogLikelihoods(_ passage: Passage) -> FloatBuffer {
        let architecture = passage.architecture
        let costs = FloatBuffer(count: inputs.count)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: inputs.count, width: architecture.inputCount, decoded: passage.decoded.row(outputs.lowerBound),
            x: passage.x.row(inputs.lowerBound), logScale: passage.loaded.model.logScale, into: costs.base)
        return costs
    }

    /// KL(q(z|x)‖p(z)) of each image, summed over dimensions in double.
    private func klDivergences(_ passage: Passage) -> FloatBuffer {
        let latent = passage.architecture.latent
        let perDimension = FloatBuffer(count: inputs.count * latent)
        unsafe passage.architecture.posterior.klDivergence(
            rows: inputs.count, mu: passage.mu.row(inputs.lowerBound),
            logVariance: passage.logVariance.row(inputs.lowerBound), into: perDimension.base)
        let sums = (0..<inputs.count).map { row in
            Float((0..<latent).reduce(0.0) { $0 + Double(perDimension[row * latent + $1]) })
        }
        return FloatBuffer(sums)
    }
}

/// How an image and its reconstruction differ.
extension ReconstructTrip {
    /// `,"difference":[N][C][H][W]`, `,"psnr":[N]` and `,"ssim":[N]`.
    private func appendDifference(_ passage: Passage, to body: inout JSONBody) throws(RequestError) {
        let (count, shape) = (inputs.count, passage.architecture.inputShape)
        let width = shape.elementCount
        let x = unsafe passage.x.row(inputs.lowerBound)
        let reconstructed = unsafe passage.decoded.row(outputs.lowerBound)
        let difference = FloatBuffer(scratch: count * width)
        unsafe ImageComparison.difference(count: count * width, x: x, y: reconstructed, into: difference.base)
        try ImageReply(passage: passage, images: difference, axes: [count]).append(to: &body, as: "difference")
        try passage.pause()
        try unsafe body.member(
            "psnr", ImageComparison.signalToNoise(rows: count, width: width, x: x, y: reconstructed))
        try unsafe body.member(
            "ssim", ImageComparison.structuralSimilarity(rows: count, shape: shape, x: x, y: reconstructed))
    }

    /// `[N, 3, C, H, W]`: x, its reconstruction, and how far they are apart.
    private func triples(_ passage: Passage) -> FloatBuffer {
        let width = passage.architecture.inputCount
        let triples = FloatBuffer(scratch: inputs.count * 3 * width)
        for (index, (input, output)) in zip(inputs, outputs).enumerated() {
            let triple = unsafe triples.base + index * 3 * width
            unsafe triple.update(from: passage.x.row(input), count: width)
            unsafe (triple + width).update(from: passage.decoded.row(output), count: width)
            unsafe ImageComparison.difference(count: width, x: triple, y: triple + width, into: triple + 2 * width)
        }
        return triples
    }
}
