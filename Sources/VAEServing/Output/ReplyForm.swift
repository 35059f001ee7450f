internal import HTTPServer

/// What a reply is to look like, and whether the client has it already.
struct ReplyForm {
    let format: ReplyFormat
    let floats: FloatEncoding
    /// Tiles in a line of a picture, if the client said.
    var columns: Int?
    /// Of an animation.
    let framesPerSecond: Int
    /// Of replies that the request's query determines.
    private let tag: EntityTag?
    /// Whether the answer is 304, so that nothing needs to be computed.
    let clientHasIt: Bool

    static let defaultFramesPerSecond = 10

    /// Reads the query. `isDetermined`: whether it and the checkpoint determine the reply, which may then be cached.
    init(_ ticket: Ticket, _ passage: Passage, isDetermined: Bool) throws(RequestError) {
        format = ticket.format
        floats = try FloatEncoding(ticket)
        let hasQuery = ticket.request.hasQuery
        columns = hasQuery ? try ticket.columns() : nil
        let fps = hasQuery ? try ticket.query.integer("fps", in: 1...100) : nil
        framesPerSecond = fps ?? Self.defaultFramesPerSecond
        tag = isDetermined ? try EntityTag(passage.loaded, ticket.request, ticket.format) : nil
        clientHasIt = tag?.isKnown(to: ticket.request) ?? false
    }

    /// 304, if the client has the reply.
    var notModified: HTTPResponse? { clientHasIt ? tag?.notModified : nil }

    /// Adds the tag, if there is one.
    func setHeaders(on response: inout HTTPResponse) { tag?.setHeaders(on: &response) }
}
