internal import HTTPServer

/// Latent codes in, images out: on at z, off at x.
struct DecodeTrip: Trip {
    private let rows: Range<Int>
    private let format: ReplyFormat
    private let columns: Int?

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        columns = try ticket.columns()
        format = ticket.format
        rows = try LatentInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        if format == .png { return try images.png(columns: columns) }
        var body = JSONBody(passage.loaded, capacity: images.jsonCapacity)
        try images.append(to: &body)
        return body.response()
    }
}
