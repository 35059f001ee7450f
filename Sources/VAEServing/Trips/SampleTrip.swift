internal import HTTPServer
internal import VAE

/// Images from the prior, or from where the codes of training images lie: on at p(z) or q(z), off at x. Row i of a seed is
/// the same whatever n is.
struct SampleTrip: Trip {
    private let format: ReplyFormat
    private let columns: Int?
    private let seed: UInt64
    private let temperature: Float
    private let sampler: LatentSampler
    /// Of replies that the request determines; `nil` when the server drew the seed.
    private let tag: EntityTag?
    private let clientHasIt: Bool
    private let count: Int
    private var rows = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let query = ticket.query
        count = try query.integer("n", in: 1...ticket.limits.rows) ?? 1
        temperature = try query.number("temperature", in: 0...100) ?? 1
        sampler = try query.choice("sampler", LatentSampler.self) ?? .prior
        try Self.check(sampler, passage.loaded)
        columns = try ticket.columns()
        format = ticket.format
        let given = try query.seed("seed")
        // Seeds drawn here stay below 2⁵³, so that JavaScript can send them back.
        seed = given ?? UInt64.random(in: 0..<(1 << 53))
        tag = given == nil ? nil : try EntityTag(passage.loaded, ticket.request, format)
        clientHasIt = tag?.isKnown(to: ticket.request) ?? false
    }

    var rowsToChoose: Int { clientHasIt ? 0 : count }

    mutating func chooseLatents(_ passage: Passage) {
        guard !clientHasIt else { return }
        rows = passage.z.append(count)
        let latent = passage.architecture.latent
        let z = unsafe passage.z.row(rows.lowerBound)
        unsafe RandomStream(seed: seed, domain: .prior).normals(rows: count, width: latent, into: z)
        if let aggregate = passage.loaded.samplers[sampler] {
            return unsafe aggregate.apply(rows: count, seed: seed, temperature: temperature, z: z)
        }
        if temperature != 1 { for index in 0..<(count * latent) { unsafe z[index] *= temperature } }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let tag, clientHasIt { return tag.notModified }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        var response = format == .png ? try images.png(columns: columns) : try json(passage, images)
        response.setHeader("X-VAE-Seed", String(seed))
        if let tag { tag.setHeaders(on: &response) } else { response.setHeader("Cache-Control", "no-store") }
        return response
    }

    /// Refuses what the checkpoint does not have.
    private static func check(_ sampler: LatentSampler, _ model: LoadedModel) throws(RequestError) {
        guard sampler != .prior, model.samplers[sampler] == nil else { return }
        throw .invalidValue(
            "sampler \(sampler.rawValue): model \(model.name) does not say where the codes of its training images lie; "
                + "vae-trainer evaluate --write stores it, and until then there is only sampler=prior")
    }

    private func json(_ passage: Passage, _ images: ImageReply) throws(RequestError) -> HTTPResponse {
        var body = JSONBody(passage.loaded, capacity: images.jsonCapacity)
        body.member("seed", seed)
        if sampler != .prior { body.member("sampler", sampler.rawValue) }
        try images.appendWithCodes(to: &body)
        return body.response()
    }
}
