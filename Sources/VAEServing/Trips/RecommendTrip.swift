internal import HTTPServer
internal import VAE

/// Items in, items out: on at x, a user's items, off at x again, with those that fit the mean code best.
struct RecommendTrip: Trip {
    private let items: ItemCatalogue
    private let inputs: Range<Int>
    private let most: Int
    private let excludesSeen: Bool
    private var outputs = 0..<0

    private static let defaultCount = 100
    /// Of all users of one request.
    private static let maximumEntries = 1 << 20

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        guard let items = passage.loaded.items else { throw .internalError("a model without items got here") }
        self.items = items
        guard try MediaType(ticket.request) == .json else {
            throw .unsupportedMediaType("recommend takes application/json with \"items\"")
        }
        let object = try ticket.parseJSON(allowed: ItemInput.members + ["n", "exclude_seen"])
        most =
            try RequestOptions(ticket: ticket, object: object).integer("n", in: 1...items.count)
            ?? min(Self.defaultCount, items.count)
        excludesSeen = try ticket.json { () throws(JSONError) in try object["exclude_seen"]?.bool } ?? true
        inputs = try ItemInput(ticket: ticket, passage: passage, items: items).rows(object)
        guard inputs.count * most <= Self.maximumEntries else {
            throw .tooManyRows(
                "\(inputs.count) lists of \(most) items; at most \(Self.maximumEntries) altogether are given in one reply"
            )
        }
    }

    var rowsToChoose: Int { inputs.count }

    mutating func chooseLatents(_ passage: Passage) {
        outputs = passage.z.append(inputs.count)
        unsafe passage.z.row(outputs.lowerBound).update(
            from: passage.mu.row(inputs.lowerBound), count: inputs.count * passage.architecture.latent)
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        var rankings: [[ItemRanking.Entry]] = []
        for (input, output) in zip(inputs, outputs) {
            let best = unsafe ItemRanking.best(
                most, of: items.count, logits: passage.decoded.row(output),
                excluded: excludesSeen ? passage.x.row(input) : nil)
            guard let best else { throw .nonFiniteResult("a score of list \(input - inputs.lowerBound) is not finite") }
            rankings.append(best)
            try passage.pause()
        }
        var body = JSONBody(passage.loaded, capacity: rankings.count * most * 32 + 256)
        body.member("items", rows: rankings) { items.json($0.item) }
        body.member("scores", rows: rankings) { "\($0.logProbability)" }
        return body.response()
    }
}
