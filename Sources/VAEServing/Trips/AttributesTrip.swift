internal import HTTPServer
internal import VAE

/// What two sets of images differ in, as a direction in latent space. On at points, off before the decoder: the
/// direction goes to the client, since replicas keep no state.
struct AttributesTrip: Trip {
    private let floats: FloatEncoding
    private let positive, negative: [LatentPoint]

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        floats = try FloatEncoding(ticket)
        (positive, negative, _) = try PointInput(ticket: ticket, passage: passage).lists(
            "positive", "negative", secondAtLeast: 1)
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let latent = passage.architecture.latent
        let attribute = AttributeDirection(
            LatentPoint.codes(of: positive + negative, passage).array(), latent: latent, positive: positive.count)
        var body = JSONBody(passage.loaded, floats: floats, capacity: latent * 12 + 256)
        try body.member("direction", attribute.direction)
        try body.member("norm", attribute.norm)
        try body.member("accuracy", attribute.accuracy)
        try body.member("separation", attribute.separation)
        return body.response()
    }
}
