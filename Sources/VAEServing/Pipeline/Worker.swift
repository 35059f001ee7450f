internal import HTTPServer
internal import VAE

/// One thread of the pipeline: takes what waits, and sees it through.
///
/// Everything here belongs to the worker's own thread; only the queue, the models and the metrics are shared.
final class Worker {
    /// Requests taken from the queue at one go.
    static let maximumBatch = 128
    /// Rows after which a batch is run before more of its requests are parsed, so that its memory stays small enough
    /// for the second-level cache.
    private static let maximumRows = 192

    private let queue: RequestQueue
    private let repository: ModelRepository
    private let limits: ServiceLimits
    private let metrics: ServiceMetrics
    private let json: JSONReader
    private let decoder: ImageDecoder
    /// By index in the repository.
    private let passages: [Passage]

    /// Prepares every model's executables, so that no request waits for them.
    init(
        queue: RequestQueue, repository: ModelRepository, limits: ServiceLimits, metrics: ServiceMetrics
    ) throws(ModelError) {
        self.queue = queue
        self.repository = repository
        self.limits = limits
        self.metrics = metrics
        json = JSONReader(maximumBytes: limits.bodyBytes)
        decoder = ImageDecoder(limits: ImageLimits(maxPixels: limits.pixels))
        var passages: [Passage] = []
        for loaded in repository.models { passages.append(try Passage(loaded)) }
        self.passages = passages
    }

    /// Serves until the queue is closed and empty.
    func run() {
        var batch: [HTTPRequest] = []
        batch.reserveCapacity(Self.maximumBatch)
        while queue.take(into: &batch, limit: Self.maximumBatch) {
            for index in passages.indices {
                serve(batch.lazy.filter { RequestTag($0.tag).modelIndex == index }, passages[index])
            }
            batch.removeAll(keepingCapacity: true)
            json.trim()
        }
    }

    /// All requests for one model: together, or in a few goes when they have many rows.
    private func serve(_ requests: some Sequence<HTTPRequest>, _ passage: Passage) {
        var trips: [(request: HTTPRequest, trip: any Trip)] = []
        var started = HTTPServer.now
        var rowsToChoose = 0
        for request in requests {
            request.begunNanoseconds = started
            do throws(RequestError) {
                let trip = try begin(request, passage)
                rowsToChoose += trip.rowsToChoose
                trips.append((request, trip))
            } catch { refuse(request, error) }
            if passage.x.count + passage.z.count + rowsToChoose >= Self.maximumRows {
                run(trips, passage, since: started)
                trips.removeAll(keepingCapacity: true)
                rowsToChoose = 0
                started = HTTPServer.now
            }
        }
        if !trips.isEmpty { run(trips, passage, since: started) }
        passage.reset()
    }

    private func begin(_ request: HTTPRequest, _ passage: Passage) throws(RequestError) -> any Trip {
        let operation = RequestTag(request.tag).operation
        let ticket = Ticket(
            request: request, operation: operation,
            query: try QueryParameters(request, known: operation.queryParameters(request.method)),
            format: try ReplyFormat(request, operation: operation),
            limits: limits.forImages(of: passage.architecture.inputCount), json: json, decoder: decoder,
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

    /// One encode, the latent steps, one decode, and the replies.
    private func run(_ boarded: [(request: HTTPRequest, trip: any Trip)], _ passage: Passage, since started: UInt64) {
        var trips = boarded
        do throws(ModelError) {
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
            for (request, _) in trips { refuse(request, RequestError(error)) }
        }
        metrics.inference.batch(
            requests: boarded.count, encoded: passage.x.count, decoded: passage.z.count,
            nanoseconds: HTTPServer.now - started)
        passage.reset()
    }

    private func refuse(_ request: HTTPRequest, _ error: RequestError) {
        if case .nonFiniteResult = error { metrics.inference.nonFinite() }
        request.respond(error)
    }
}
