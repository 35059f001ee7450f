internal import HTTPServer

/// Changes of what is served, while it is served.
extension VAEService {
    /// Looks at the model directory soon and takes over what has changed: what SIGHUP does.
    package func refreshModels() { loader.refresh() }

    /// Hands `…/load` and `…/unload` to the loader, which answers.
    func changeModels(_ request: HTTPRequest, _ operation: Operation) {
        do throws(RequestError) {
            guard let name = Route(path: request.path)?.model else {
                throw .unknownRoute("\(operation.name) needs a model's name")
            }
            if operation.isOpenInference {
                _ = try repositoryModel(request, name)
            } else {
                try checkEmpty(unsafe request.body.count, operation)
            }
            try loader.add(operation.loads ? .load(name) : .unload(name)) { result in
                switch result {
                case .success(let json):
                    request.respond(HTTPResponse(status: 200, contentType: "application/json", bytes: json))
                case .failure(let error): request.respond(error)
                }
            }
        } catch { request.respond(error) }
    }

    /// What can be refused before the body is read. The model need not be there yet.
    func admitChange(_ request: HTTPRequest, _ operation: Operation) throws(RequestError) {
        let count = request.contentLength ?? 0
        guard !operation.isOpenInference else {
            guard count <= RepositoryRequest.maximumBytes else {
                throw .bodyTooLarge("expected at most \(RepositoryRequest.maximumBytes) bytes, found \(count)")
            }
            return
        }
        _ = try QueryParameters(request, known: [])
        try checkEmpty(count, operation)
    }

    private func checkEmpty(_ count: Int, _ operation: Operation) throws(RequestError) {
        guard count == 0 else { throw .malformedBody("\(operation.name) takes no body; found \(count) bytes") }
    }
}
