internal import HTTPServer
internal import VAE

/// One thread of the pipeline: takes what waits, and sees it through.
///
/// Everything here belongs to the worker's own thread; only the queue, the models and the metrics are shared.
final class Worker {
    /// Requests taken from the queue at one go.
    static let maximumBatch = 32
    /// Rows after which a batch is run before more of its requests are parsed, so that its memory stays small enough
    /// for the second-level cache.
    private static let maximumRows = 192
    /// How often to look, in a pause, whether the client is still there.
    private static let lookInterval: UInt64 = 5_000_000

    private let queue: RequestQueue
    private let limits: ServiceLimits
    private let metrics: ServiceMetrics
    private let decoder: ImageDecoder
    /// For small and for large requests: a large one keeps its document and its rows while it pauses.
    private let readers: (small: JSONReader, large: JSONReader)
    private let passages: PassageSet
    /// Of small requests; both keep their storage from batch to batch.
    private var batch: [WaitingRequest] = []
    private var boarded: [Boarded] = []

    /// A request that was parsed.
    private typealias Boarded = (request: HTTPRequest, trip: any Trip)

    init(queue: RequestQueue, passages: PassageSet, limits: ServiceLimits, metrics: ServiceMetrics) {
        self.queue = queue
        self.passages = passages
        self.limits = limits
        self.metrics = metrics
        decoder = ImageDecoder(limits: ImageLimits(maxPixels: limits.pixels))
        readers = (JSONReader(maximumBytes: limits.bodyBytes), JSONReader(maximumBytes: limits.bodyBytes))
        batch.reserveCapacity(Self.maximumBatch)
    }

    /// Serves until the queue is closed and empty.
    func run() {
        var lane: RequestQueue.Lane?
        while true {
            lane = queue.take(into: &batch, limit: Self.maximumBatch, after: lane)
            switch lane {
            case nil: return
            case .small: serveSmall()
            case .large: serveLarge(batch.removeLast())
            }
        }
    }

    // MARK: - Small requests: all that wait, together

    private func serveSmall() {
        let begun = HTTPServer.now
        var served: [Int] = []
        for waiting in batch where !served.contains(waiting.tag.slot) {
            served.append(waiting.tag.slot)
            serveSmall(slot: waiting.tag.slot)
        }
        queue.spent(HTTPServer.now - begun, on: batch.count)
        batch.removeAll(keepingCapacity: true)
        readers.small.trim()
    }

    /// All small requests for one model: together, or in a few goes when they have many rows.
    private func serveSmall(slot: Int) {
        let passage = passages[slot]
        var started = HTTPServer.now
        var rowsToChoose = 0
        for waiting in batch where waiting.tag.slot == slot {
            waiting.request.begunNanoseconds = started
            guard let passage else {
                refuse(waiting.request, Self.removed)
                continue
            }
            do throws(RequestError) {
                try checkWanted(waiting, now: started)
                let trip = try begin(waiting, passage, readers.small)
                rowsToChoose += trip.rowsToChoose
                boarded.append((waiting.request, trip))
            } catch { refuse(waiting.request, error) }
            if passage.x.count + passage.z.count + rowsToChoose >= Self.maximumRows {
                runBoarded(passage, since: started)
                rowsToChoose = 0
                started = HTTPServer.now
            }
        }
        guard let passage else { return }
        if !boarded.isEmpty { runBoarded(passage, since: started) }
        passage.reset()
    }

    // MARK: - A large request: alone, with pauses

    private func serveLarge(_ waiting: WaitingRequest) {
        guard let passage = passages[waiting.tag.slot].map(Passage.init(beside:)) else {
            return refuse(waiting.request, Self.removed)
        }
        let started = HTTPServer.now
        waiting.request.begunNanoseconds = started
        var lastLook = started
        passage.pause = { [unowned self] () throws(RequestError) in
            if queue.hasSmall {
                queue.takeSmall(into: &batch, limit: Self.maximumBatch)
                serveSmall()
            }
            let now = HTTPServer.now
            try checkDeadline(waiting, now: now)
            guard now - lastLook > Self.lookInterval else { return }
            lastLook = now
            if waiting.request.clientIsGone { throw .clientGone }
        }
        defer {
            passage.pause = {}  // which refers to this worker
            readers.large.trim()
        }
        do throws(RequestError) {
            try checkWanted(waiting, now: started)
            let trip = try begin(waiting, passage, readers.large)
            run([(waiting.request, trip)], passage, since: started)
        } catch { refuse(waiting.request, error) }
    }

    // MARK: - A lone request, on the thread it came to

    /// Serves one tiny request. False, with nothing done, when it cannot be read within this worker's limits: one with
    /// higher limits finds out what it is, or what is wrong with it.
    func serveAlone(_ waiting: WaitingRequest) -> Bool {
        guard let passage = passages[waiting.tag.slot] else { return false }
        let started = HTTPServer.now
        waiting.request.begunNanoseconds = started
        do throws(RequestError) {
            let trip = try begin(waiting, passage, readers.small)
            run([(waiting.request, trip)], passage, since: started)
            return true
        } catch {
            passage.reset()
            return false
        }
    }

    // MARK: - The way through

    /// Work whose deadline has passed, or whose client has gone, is not begun. The look at the client costs a system
    /// call, and a client that has just asked is rarely gone.
    private func checkWanted(_ waiting: WaitingRequest, now: UInt64) throws(RequestError) {
        try checkDeadline(waiting, now: now)
        if now > waiting.queued + Self.lookInterval && waiting.request.clientIsGone { throw .clientGone }
    }

    private func checkDeadline(_ waiting: WaitingRequest, now: UInt64) throws(RequestError) {
        guard now > waiting.deadline else { return }
        let milliseconds = (waiting.deadline - waiting.request.arrivalNanoseconds) / 1_000_000
        throw .deadlineExceeded("the reply was not ready within \(milliseconds) ms of the request's arrival")
    }

    private func begin(
        _ waiting: WaitingRequest, _ passage: Passage, _ reader: JSONReader
    ) throws(RequestError) -> any Trip {
        let (request, operation) = (waiting.request, waiting.tag.operation)
        try request.unpackBody(limit: limits.bodyBytes, pause: passage.pause)
        let ticket = Ticket(
            request: request, operation: operation,
            query: try QueryParameters(request, for: operation),
            format: try ReplyFormat(request, operation: operation),
            limits: limits.forImages(of: passage.architecture.inputCount), json: reader, decoder: decoder,
            budget: PixelBudget(limits))
        let (x, z) = (passage.x.count, passage.z.count)
        do {
            return try operation.begin(ticket, passage)
        } catch {
            // Rows of a request that was refused half-way are nobody's.
            passage.x.truncate(to: x)
            passage.z.truncate(to: z)
            throw error
        }
    }

    private func runBoarded(_ passage: Passage, since started: UInt64) {
        run(boarded, passage, since: started)
        boarded.removeAll(keepingCapacity: true)
    }

    /// One encode, the latent steps, one decode, and the replies.
    private func run(_ boarded: [Boarded], _ passage: Passage, since started: UInt64) {
        var trips = boarded
        do throws(RequestError) {
            try passage.encode()
            for index in trips.indices.reversed() {
                do throws(RequestError) { try trips[index].trip.chooseLatents(passage) } catch {
                    refuse(trips[index].request, error)
                    trips.remove(at: index)
                }
            }
            try passage.decode()
            for (request, trip) in trips {
                do throws(RequestError) { request.respond(try trip.reply(passage)) } catch { refuse(request, error) }
            }
        } catch {
            for (request, _) in trips { refuse(request, error) }
        }
        metrics.inference.batch(
            requests: boarded.count, encoded: passage.x.count, decoded: passage.z.count,
            nanoseconds: HTTPServer.now - started)
        passage.reset()
    }

    /// Their model was there when they came.
    static let removed = RequestError.unknownModel("the model was removed after the request came in")

    private func refuse(_ request: HTTPRequest, _ error: RequestError) {
        if case .nonFiniteResult = error { metrics.inference.nonFinite() }
        if let reason = error.drop { metrics.inference.dropped(reason) }
        request.respond(error)
    }
}
