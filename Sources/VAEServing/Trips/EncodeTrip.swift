internal import HTTPServer
internal import VAE

/// Images in, q(z|x) out: on at x, off at q.
struct EncodeTrip: Trip {
    private let rows: Range<Int>

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        rows = try ImageInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let shape = [rows.count, passage.architecture.latent]
        var body = JSONBody(passage.loaded, capacity: 2 * shape[0] * shape[1] * 12 + 64)
        try unsafe body.member("mu", passage.mu.row(rows.lowerBound), shape: shape)
        try unsafe body.member("sigma", passage.sigma.row(rows.lowerBound), shape: shape)
        return body.response()
    }
}
