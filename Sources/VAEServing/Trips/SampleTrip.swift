internal import HTTPServer
internal import VAE

/// Images from the prior, or from where the codes of training images lie: on at p(z) or q(z), off at x. Row i of a seed is
/// the same whatever n is.
struct SampleTrip: Trip {
    private let form: ReplyForm
    private let seed: UInt64
    private let seedIsDrawn: Bool
    private let temperature: Float
    private let sampler: LatentSampler
    private let count: Int
    /// Of a conditional model, one for all or one for each.
    private let label: [UInt32]?
    private var rows = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let query = ticket.query
        // A list of labels says how many samples there are.
        let most = ticket.limits.rows
        let listed = passage.labels == nil ? nil : try query.integers("label", in: 0...Int(UInt32.max), most: most)
        count = try query.integer("n", in: 1...most) ?? listed?.count ?? 1
        label = try LabelInput(ticket: ticket, passage: passage).labels(nil, count: count)
        temperature = try query.number("temperature", in: 0...100) ?? 1
        sampler = try query.choice("sampler", LatentSampler.self) ?? .prior
        try Self.check(sampler, passage.loaded)
        let given = try query.seed("seed")
        seed = given ?? PosteriorDraw.newSeed()
        seedIsDrawn = given == nil
        form = try ReplyForm(ticket, passage, isDetermined: !seedIsDrawn)
    }

    var rowsToChoose: Int { form.clientHasIt ? 0 : count }

    mutating func chooseLatents(_ passage: Passage) {
        guard !form.clientHasIt else { return }
        rows = passage.z.append(count)
        if let label { passage.labels?.z.set(label, for: rows) }
        let latent = passage.architecture.latent
        let z = unsafe passage.z.row(rows.lowerBound)
        unsafe RandomStream(seed: seed, domain: .prior).normals(rows: count, width: latent, into: z)
        if let aggregate = passage.loaded.samplers[sampler] {
            return unsafe aggregate.apply(rows: count, seed: seed, temperature: temperature, z: z)
        }
        if temperature != 1 { for index in 0..<(count * latent) { unsafe z[index] *= temperature } }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let response = form.notModified { return response }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        var response = try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            body.member("seed", seed)
            if sampler != .prior { body.member("sampler", sampler.rawValue) }
            try images.appendWithCodes(rows, to: &body)
        }
        response.setHeader("X-VAE-Seed", String(seed))
        if seedIsDrawn { response.setHeader("Cache-Control", "no-store") }
        return response
    }

    /// Refuses what the checkpoint does not have.
    private static func check(_ sampler: LatentSampler, _ model: LoadedModel) throws(RequestError) {
        guard sampler != .prior, model.samplers[sampler] == nil else { return }
        throw .invalidValue(
            "sampler \(sampler.rawValue): model \(model.name) does not say where the codes of its training images lie; "
                + "vae-trainer evaluate --write stores it, and until then there is only sampler=prior")
    }
}
