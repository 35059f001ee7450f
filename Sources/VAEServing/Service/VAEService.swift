package import HTTPServer
internal import Synchronization
internal import VAE

/// The service between HTTP and the pipeline: admits requests, answers what needs no model, and queues the rest.
package final class VAEService: HTTPHandler {
    let repository: ModelRepository
    let limits: ServiceLimits
    private let queue: RequestQueue
    private let pool: WorkerPool
    let loader: ModelLoader
    let metrics = ServiceMetrics()
    let edge: ServiceEdge
    private let draining = Atomic<Bool>(false)
    private let log: @Sendable (String) -> Void
    /// Set once, right after the server exists, and read without a lock: how much memory it holds, and the gauges of
    /// the metrics page, come from it.
    private let server = AtomicLazyReference<HTTPServer>()

    /// Starts the workers and the loader. `log` gets a line now and then, and `report` what happens to the models, from
    /// any thread.
    package init(
        repository: ModelRepository, limits: ServiceLimits, workers: Int, ioThreads: Int = 1,
        pollInterval: Duration = .zero, edge: ServiceEdge = ServiceEdge(),
        report: @escaping @Sendable (ModelEvent) -> Void = { _ in }, log: @escaping @Sendable (String) -> Void
    ) throws {
        self.repository = repository
        self.limits = limits
        self.edge = edge
        self.log = log
        queue = RequestQueue(
            limit: limits.queue, workers: workers, eagerWorkers: max(1, ProcessorCount.usable - ioThreads))
        pool = try WorkerPool(
            count: workers, queue: queue, catalogue: repository.catalogue, limits: limits, metrics: metrics)
        loader = try ModelLoader(
            repository: repository, passages: pool.passages, pollInterval: pollInterval, report: report)
    }

    /// Tells the service which server it answers for.
    package func attach(_ server: HTTPServer) { _ = self.server.storeIfNil(server) }

    /// From now on the service says that it is not ready, and loads nothing.
    package func beginDrain() {
        draining.store(true, ordering: .relaxed)
        loader.close()
    }

    /// Finishes what is queued and ends the threads.
    package func stop() {
        loader.stop()
        pool.stop()
    }

    /// Sees to a request's route, method, model, reply format and to the queue, before its body is read.
    package func admit(_ request: HTTPRequest) -> HTTPRefusal? {
        do throws(RequestError) {
            try admitOrThrow(request)
            return nil
        } catch {
            count(error)
            let (status, code, message) = error.reply(to: RequestTag(request.tag).knownOperation)
            return HTTPRefusal(status: status, code: code, message: message, headers: error.headers)
        }
    }

    private func admitOrThrow(_ request: HTTPRequest) throws(RequestError) {
        let path = request.path
        let route = Route(path: path)
        try edge.authorize(request, route)
        guard let route else {
            throw .unknownRoute("there is nothing at \(clipped(path)); /openapi.yaml lists the routes")
        }
        let catalogue = repository.catalogue
        var slot = catalogue.defaultModel.slot
        if let name = route.model, !route.operation.changesModels {
            if route.operation.isOpenInference {
                slot = try Self.find(route, in: catalogue).model.slot
            } else {
                guard let found = catalogue.slot(of: name) else { throw catalogue.absence(of: name) }
                slot = found
            }
        }
        request.tag = RequestTag(route.operation, slot: slot).rawValue
        if edge.isPreflight(request) { return }
        guard route.operation.methods.contains(request.method) else {
            throw .methodNotAllowed(
                "\(route.operation.name) takes \(route.operation.allowedMethods); found \(clipped(request.methodName))",
                allowed: route.operation.allowedMethods)
        }
        if route.operation == .models || route.operation == .model { _ = try QueryParameters(request, known: []) }
        if route.operation.changesModels { try admitChange(request, route.operation) }
        guard route.operation.isTrip else { return }
        // These are checked again where they are used; here they spare the client from sending a body in vain.
        _ = try ContentCoding(request)
        _ = try ReplyFormat(request, operation: route.operation)
        if request.method == .post, !route.operation.readsOwnHeaders { _ = try MediaType(request) }
        try checkQueue()
        let held = server.load()?.heldBytes ?? 0
        guard held < limits.bufferedBytes else {
            throw .overloaded(
                "\(held >> 20) MB of bodies and unsent replies are held, as much as may be; try again later")
        }
    }

    private func checkQueue() throws(RequestError) {
        let depth = queue.depth
        guard depth < queue.limit else {
            throw .queueFull("\(depth) requests are waiting, as many as may; try again in a second", retryAfter: 1)
        }
        let wait = queue.expectedWait
        guard wait < limits.queueTime else {
            throw .queueFull(
                "\(depth) requests are waiting, for about \(wait / 1_000_000) ms; try again in a second", retryAfter: 1)
        }
    }

    /// Whether the one request in hand is the only one the server has. Handing it to a worker and back would then cost
    /// more than the work does, and serving it on the I/O thread holds up nobody.
    private func isAlone(_ request: HTTPRequest) -> Bool {
        request.isFirstOfTurn && queue.isIdle && server.load()?.requestsInFlight == 1
    }

    /// Bodies take their time to arrive, so the queue may have filled since admission.
    private func enqueue(_ request: HTTPRequest) {
        do throws(RequestError) {
            try checkQueue()
            let tag = RequestTag(request.tag)
            let deadline = try RequestTimeout.deadline(of: request, limit: limits.timeout)
            guard let model = repository.catalogue.model(inSlot: tag.slot) else { throw Worker.removed }
            let waiting = WaitingRequest(request: request, tag: tag, queued: HTTPServer.now, deadline: deadline)
            let architecture = model.loaded.architecture
            if WorkEstimate.isTiny(request, tag.operation, architecture), isAlone(request), pool.serveAlone(waiting) {
                return
            }
            queue.add(waiting, to: WorkEstimate.lane(of: request, tag.operation, architecture))
        } catch {
            count(error)
            request.respond(error)
        }
    }

    /// Counts a request that is turned away.
    private func count(_ error: RequestError) {
        if let reason = error.rejection { metrics.inference.rejected(reason) }
    }

    /// Answers at once what needs no model; queues the rest.
    package func handle(_ request: HTTPRequest) {
        let tag = RequestTag(request.tag)
        if let policy = edge.crossOrigin, edge.isPreflight(request) {
            return request.respond(policy.preflight(request, tag.operation))
        }
        switch tag.operation {
        case .encode, .decode, .sample, .interpolate, .reconstruct: enqueue(request)
        case .score, .distance: enqueue(request)
        case .traverse, .grid, .arithmetic, .attributes, .edit, .recommend: enqueue(request)
        case .infer, .remote: enqueue(request)
        case .models: request.respond(json(repository.catalogue.list))
        case .model: respondCard(request, tag)
        case .load, .unload, .inferenceLoad, .inferenceUnload: changeModels(request, tag.operation)
        case .live: request.respond(json(Array("{\"status\":\"live\"}".utf8)))
        case .ready, .health: respondReadiness(request)
        case .metrics:
            let text = metrics.render(gauges)
            request.respond(
                HTTPResponse(status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", text: text))
        case .openAPI:
            let bytes = PackageResources.openapi_yaml
            request.respond(HTTPResponse(status: 200, contentType: "application/yaml; charset=utf-8", bytes: bytes))
        case .inferenceServer, .inferenceLive, .inferenceReady, .inferenceModels, .inferenceAllStatistics,
            .inferenceModel, .inferenceModelReady, .inferenceConfiguration, .inferenceStatistics, .inferenceIndex:
            answerOpenInference(request, tag.operation)
        case .page, .docs, .pageFile: PageReply(request: request).respond(tag.operation)
        }
    }

    /// Passes on what the HTTP layer has to say.
    package func log(_ message: String) { log(message) }

    private func respondCard(_ request: HTTPRequest, _ tag: RequestTag) {
        guard let model = repository.catalogue.model(inSlot: tag.slot) else {
            return request.respond(RequestError.unknownModel("the model was removed after the request came in"))
        }
        request.respond(json(model.card))
    }

    private func respondReadiness(_ request: HTTPRequest) {
        do throws(RequestError) {
            try requireReady()
            request.respond(json(Array("{\"status\":\"ready\"}".utf8)))
        } catch { request.respond(error) }
    }

    /// Throws when the server is stopping.
    func requireReady() throws(RequestError) {
        if draining.load(ordering: .relaxed) { throw .draining("the server is stopping and takes no new work") }
    }

    private func json(_ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: 200, contentType: "application/json", bytes: bytes)
    }

    private var gauges: ServiceMetrics.Gauges {
        let server = server.load()
        let catalogue = repository.catalogue
        return ServiceMetrics.Gauges(
            queueDepth: queue.depth, queueLimit: queue.limit, requestsHeld: server?.requestsHeld ?? 0,
            activeRequests: server?.requestsInFlight ?? 0, openConnections: server?.openConnections ?? 0,
            refusedConnections: server?.refusedConnections ?? 0, heldBytes: server?.heldBytes ?? 0,
            droppedLogLines: edge.accessLog?.droppedLines ?? 0,
            models: catalogue.models.map { ($0.name, $0.contentHash) }, modelLoads: catalogue.loadCounts)
    }
}
