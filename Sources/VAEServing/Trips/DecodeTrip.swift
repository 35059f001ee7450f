internal import HTTPServer

/// Latent codes in, images out: on at z, off at x.
struct DecodeTrip: Trip {
    private let rows: Range<Int>
    private let form: ReplyForm

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        rows = try LatentInput(ticket: ticket, passage: passage).readBody()
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        return try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            try images.append(to: &body)
        }
    }
}
