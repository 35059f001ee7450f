internal import HTTPServer

/// What stands between the network and the service's own work, each part of it absent unless it was asked for.
package struct ServiceEdge: Sendable {
    /// Whoever has none of these keys is refused, except on public routes.
    package var keys: KeyStore?
    /// Pages of other origins that may read replies.
    package var crossOrigin: CrossOriginPolicy?
    /// Where exchanges are noted.
    package var accessLog: AccessLog?

    package init() {}

    /// Refuses a request without a key where one is needed; before anything is said about routes and models.
    func authorize(_ request: HTTPRequest, _ route: Route?) throws(RequestError) {
        guard let keys, !isPreflight(request), route?.operation.isPublic != true else { return }
        // Refused or not, it is counted under its route.
        if let route { request.tag = RequestTag(refused: route.operation).rawValue }
        guard let authorization = request.header("Authorization") else {
            throw .unauthorized("expected \"Authorization: Bearer KEY\"; found no such header", challenge: "Bearer")
        }
        guard keys.accepts(authorization: authorization) else {
            throw .unauthorized(
                "expected \"Authorization: Bearer KEY\" with a key of this server; found another",
                challenge: "Bearer error=\"invalid_token\"")
        }
    }

    /// Whether the request is a browser's question that comes before the request proper, and carries no key.
    func isPreflight(_ request: HTTPRequest) -> Bool { crossOrigin != nil && request.method == .options }
}

extension RequestTag {
    /// Of a request that is refused before its model is looked for.
    init(refused operation: Operation) { self.init(operation.rawValue + 1) }
}

extension Operation {
    /// Open to everyone even where keys are needed: what load balancers, Prometheus and API browsers ask, as in vLLM
    /// and text-embeddings-inference; and the page, which holds nothing secret and asks its user for a key.
    var isPublic: Bool {
        switch self {
        case .live, .ready, .health, .metrics, .openAPI, .inferenceLive, .inferenceReady, .page, .docs, .pageFile: true
        default: false
        }
    }
}
