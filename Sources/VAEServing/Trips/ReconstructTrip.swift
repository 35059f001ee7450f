internal import HTTPServer
internal import VAE

/// Images to q(z|x), and from its mean back to images: on at x, off at x, with what it cost in nats.
struct ReconstructTrip: Trip {
    private let inputs: Range<Int>
    private let form: ReplyForm
    private var outputs = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        inputs = try ImageInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { inputs.count }

    mutating func chooseLatents(_ passage: Passage) {
        outputs = passage.z.append(inputs.count)
        unsafe passage.z.row(outputs.lowerBound).update(
            from: passage.mu.row(inputs.lowerBound), count: inputs.count * passage.architecture.latent)
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let architecture = passage.architecture
        let (count, latent) = (inputs.count, architecture.latent)
        let reconstruction = FloatBuffer(count: count)
        let decoded = unsafe passage.decoded.row(outputs.lowerBound)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: count, width: architecture.inputCount, decoded: decoded, x: passage.x.row(inputs.lowerBound),
            logScale: passage.loaded.model.logScale, into: reconstruction.base)
        passage.formImages(outputs)
        let images = ImageReply(passage: passage, rows: outputs)
        return try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            try unsafe body.member("mu", passage.mu.row(inputs.lowerBound), shape: [count, latent])
            try unsafe body.member("sigma", passage.sigma.row(inputs.lowerBound), shape: [count, latent])
            try images.append(to: &body)
            try unsafe body.member("reconstruction", reconstruction.base, shape: [count])
            let kl = klDivergences(passage)
            try unsafe body.member("kl", kl.base, shape: [count])
        }
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
