internal import HTTPServer

/// One request's way through the VAE: where it gets on, and where it gets off.
///
///     parse ──▶ [encode, all rows of the batch] ──▶ chooseLatents ──▶ [decode, all rows] ──▶ reply
///
/// A trip throws at any of its three stations; its request is then answered with the error and the others go on.
protocol Trip {
    /// Reads the request. May append rows to `passage.x`.
    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError)
    /// Rows of z that `chooseLatents` will append.
    var rowsToChoose: Int { get }
    /// After the encode. May append rows to `passage.z`.
    mutating func chooseLatents(_ passage: Passage) throws(RequestError)
    /// After the decode. Formats the reply.
    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse
}

extension Operation {
    /// The trip of this operation.
    func begin(_ ticket: Ticket, _ passage: Passage) throws(RequestError) -> any Trip {
        try checkServes(passage.loaded)
        return switch self {
        case .encode: try EncodeTrip(ticket, passage)
        case .decode: try DecodeTrip(ticket, passage)
        case .sample where ticket.request.method == .post: try PosteriorSampleTrip(ticket, passage)
        case .sample: try SampleTrip(ticket, passage)
        case .interpolate: try InterpolateTrip(ticket, passage)
        case .reconstruct: try ReconstructTrip(ticket, passage)
        case .score: try ScoreTrip(ticket, passage)
        case .distance: try DistanceTrip(ticket, passage)
        case .traverse: try TraverseTrip(ticket, passage)
        case .grid: try GridTrip(ticket, passage)
        case .arithmetic: try ArithmeticTrip(ticket, passage)
        case .attributes: try AttributesTrip(ticket, passage)
        case .edit: try EditTrip(ticket, passage)
        case .recommend: try RecommendTrip(ticket, passage)
        case .infer: try InferTrip(ticket, passage)
        case .remote:
            switch try RemoteBody(ticket.request) {
            case .codes: try RemoteDecodeTrip(ticket, passage)
            case .images: try RemoteEncodeTrip(ticket, passage)
            }
        default:
            throw .internalError("\(name) does not go through the VAE")
        }
    }
}
