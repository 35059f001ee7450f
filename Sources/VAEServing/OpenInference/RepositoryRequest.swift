internal import HTTPServer

/// The body of a request of the protocol's repository extension: empty, or a small JSON object.
struct RepositoryRequest {
    static let maximumBytes = 1 << 16

    /// Of the index: leave out what is not served.
    let onlyReady: Bool
    private let parameters: [String]

    init(_ request: HTTPRequest) throws(RequestError) {
        let body = unsafe request.body
        guard body.count > 0 else {
            onlyReady = false
            parameters = []
            return
        }
        let reader = JSONReader(maximumBytes: Self.maximumBytes)
        do throws(JSONError) {
            let root = try unsafe reader.parse(body)
            onlyReady = try root["ready"]?.bool ?? false
            parameters = try root["parameters"]?.fields.map(\.key) ?? []
        } catch { throw RequestError(error) }
    }

    /// Refuses what would change a checkpoint: Triton's clients may send another configuration or whole files.
    func checkParameters() throws(RequestError) {
        guard let name = parameters.first(where: { $0 != "unload_dependents" }) else { return }
        throw .invalidValue(
            "parameter \"\(clipped(name))\" is unknown here: checkpoints are loaded from the model directory as they are"
        )
    }
}
