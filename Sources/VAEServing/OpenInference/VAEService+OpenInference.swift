internal import HTTPServer
internal import VAE

/// What the Open Inference Protocol asks beside inference, answered on the I/O thread.
extension VAEService {
    /// The model and the part that `route` names, in the version it names. Throws when there is none.
    static func find(_ route: Route, in catalogue: ModelCatalogue) throws(RequestError) -> (
        model: ServedModel, part: InferencePart
    ) {
        guard let name = route.model, let found = catalogue.find(name) else {
            throw catalogue.absence(of: route.model ?? "")
        }
        guard route.version == nil || route.version == found.model.contentHash else {
            throw .unknownModel(
                "model \(clipped(name)) is at version \(found.model.contentHash); "
                    + "found version \"\(clipped(route.version ?? ""))\"")
        }
        return found
    }

    func answerOpenInference(_ request: HTTPRequest, _ operation: Operation) {
        do throws(RequestError) {
            let text = try openInferenceDocument(request, operation)
            request.respond(HTTPResponse(status: 200, contentType: "application/json", text: text))
        } catch { request.respond(error) }
    }

    private func openInferenceDocument(
        _ request: HTTPRequest, _ operation: Operation
    ) throws(RequestError) -> String {
        let catalogue = repository.catalogue
        switch operation {
        case .inferenceLive: return "{\"live\":true}"
        case .inferenceReady:
            try requireReady()
            return "{\"live\":true,\"ready\":true}"
        case .inferenceServer: return InferenceDocuments.server
        case .inferenceModels: return InferenceDocuments.list(catalogue)
        case .inferenceAllStatistics: return InferenceDocuments.statistics(InferenceDocuments.parts(catalogue))
        case .inferenceIndex:
            return InferenceDocuments.index(catalogue, onlyReady: try RepositoryRequest(request).onlyReady)
        default: break
        }
        guard let route = Route(path: request.path) else { throw .unknownRoute("there is nothing here") }
        let (model, part) = try Self.find(route, in: catalogue)
        switch operation {
        case .inferenceModel: return InferenceDocuments.metadata(model, part)
        case .inferenceModelReady:
            try requireReady()
            return "{\"name\":\(JSONText.quoted(model.name + part.suffix)),\"ready\":true}"
        case .inferenceConfiguration: return InferenceDocuments.configuration(model, part, limits: limits)
        case .inferenceStatistics: return InferenceDocuments.statistics([(model, part)])
        default: throw .internalError("\(operation.name) has no document")
        }
    }

    /// The name of the checkpoint that `…/load` and `…/unload` are about. A part cannot go alone.
    func repositoryModel(_ request: HTTPRequest, _ name: String) throws(RequestError) -> String {
        try RepositoryRequest(request).checkParameters()
        if let (model, part) = repository.catalogue.find(name), part != .whole {
            throw .invalidValue(
                "\(clipped(name)) is a part of \(model.name), which is loaded and unloaded as a whole")
        }
        return name
    }

    /// Counts a request for inference that was refused, as the protocol's statistics do.
    func countFailedInference(_ request: HTTPRequest, _ tag: RequestTag, _ summary: HTTPExchangeSummary) {
        guard summary.status >= 400, let model = repository.catalogue.model(inSlot: tag.slot),
            let name = Route(path: request.path)?.model, let part = InferencePart(name, of: model.name)
        else { return }
        let nanoseconds = summary.responseNanoseconds &- summary.arrivalNanoseconds
        model.loaded.statistics[part.rawValue].failed(nanoseconds: nanoseconds)
    }
}
