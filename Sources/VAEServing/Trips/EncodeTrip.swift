internal import HTTPServer
internal import VAE

/// Images in, q(z|x) out: on at x, off at q.
struct EncodeTrip: Trip {
    private let rows: Range<Int>
    private let format: ReplyFormat
    private let floats: FloatEncoding

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        format = ticket.format
        floats = try FloatEncoding(ticket)
        rows = try ImageInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        guard format == .json else { return try array(passage) }
        let shape = [rows.count, passage.architecture.latent]
        var body = JSONBody(passage.loaded, floats: floats, capacity: 2 * shape[0] * shape[1] * 12 + 64)
        try unsafe body.member("mu", passage.mu.row(rows.lowerBound), shape: shape)
        try unsafe body.member("sigma", passage.sigma.row(rows.lowerBound), shape: shape)
        return body.response()
    }

    /// `[N, 2, latent]`: the μ and σ of each row.
    private func array(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let latent = passage.architecture.latent
        let pairs = FloatBuffer(scratch: rows.count * 2 * latent)
        for (index, row) in rows.enumerated() {
            let pair = unsafe pairs.base + index * 2 * latent
            unsafe pair.update(from: passage.mu.row(row), count: latent)
            unsafe (pair + latent).update(from: passage.sigma.row(row), count: latent)
        }
        return try unsafe ArrayReply.response(pairs.base, shape: [rows.count, 2, latent], format: format)
    }
}
