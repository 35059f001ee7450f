internal import HTTPServer
internal import VAE

/// Images in, images like them out: on at x, z drawn from q(z|x), off at x.
struct PosteriorSampleTrip: Trip {
    private let inputs: Range<Int>
    private let form: ReplyForm
    private let seed: UInt64
    private let temperature: Float
    /// Draws for each image.
    private let count: Int
    private var outputs = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let query = ticket.query
        count = try query.integer("n", in: 1...ticket.limits.rows) ?? 1
        temperature = try query.number("temperature", in: 0...100) ?? 1
        form = try ReplyForm(ticket, passage, isDetermined: false)
        seed = try query.seed("seed") ?? PosteriorDraw.newSeed()
        inputs = try ImageInput(ticket: ticket, passage: passage).readBody()
        guard inputs.count * count <= ticket.limits.rows else {
            throw .tooManyRows(
                "\(count) samples of \(inputs.count) images are \(inputs.count * count) rows; "
                    + "at most \(ticket.limits.rows) are accepted in one request")
        }
    }

    var rowsToChoose: Int { inputs.count * count }

    mutating func chooseLatents(_ passage: Passage) {
        outputs = passage.z.append(rowsToChoose)
        if let labels = passage.labels {
            labels.z.set(inputs.flatMap { Array(repeating: labels.x[$0], count: count) }, for: outputs)
        }
        unsafe PosteriorDraw(seed: seed, temperature: temperature).codes(
            inputs, count: count, passage, into: passage.z.row(outputs.lowerBound))
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(outputs)
        let images = ImageReply(passage: passage, rows: outputs)
        // A line for each image, if there are several.
        let columns = inputs.count > 1 && count > 1 ? count : nil
        var response = try images.response(form, columns: columns) { (body: inout JSONBody) throws(RequestError) in
            body.member("seed", seed)
            try images.appendWithCodes(outputs, to: &body)
        }
        response.setHeader("X-VAE-Seed", String(seed))
        return response
    }
}
