internal import HTTPServer
internal import VAE

/// Sums and differences of codes, as in king − man + woman. On at points, off at x.
struct ArithmeticTrip: Trip {
    private let form: ReplyForm
    private let plus, minus: [LatentPoint]
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        (plus, minus, label) = try PointInput(ticket: ticket, passage: passage).lists("plus", "minus", secondAtLeast: 0)
    }

    var rowsToChoose: Int { 1 }

    mutating func chooseLatents(_ passage: Passage) {
        let latent = passage.architecture.latent
        let codes = LatentPoint.codes(of: plus + minus, passage)
        rows = passage.z.append(1)
        if let label { passage.labels?.z.set(label, for: rows) }
        let code = unsafe passage.z.row(rows.lowerBound)
        for dimension in 0..<latent {
            var sum = 0.0
            for index in 0..<(plus.count + minus.count) {
                let value = unsafe Double(codes.base[index * latent + dimension])
                sum += index < plus.count ? value : -value
            }
            unsafe code[dimension] = Float(sum)
        }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        return try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            try images.appendWithCodes(rows, to: &body)
        }
    }
}
