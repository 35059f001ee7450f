internal import Glibc
internal import VAE

/// The worker threads. They start ready: every model's executables exist before the first request is taken.
///
/// `@unchecked Sendable` because `threads` is touched by `init` and `stop` only, which the owner calls one after the
/// other.
@safe final class WorkerPool: @unchecked Sendable {
    private let queue: RequestQueue
    private var threads: [pthread_t] = []
    /// Without a thread: for requests that are served where they arrive.
    private let lone: Worker
    /// Of all workers, for whoever loads models while they run.
    let passages: PassageSets

    /// What a new thread is given.
    private final class Start {
        let worker: Worker
        init(_ worker: Worker) { self.worker = worker }
    }

    /// Starts `count` threads over `queue`.
    init(
        count: Int, queue: RequestQueue, catalogue: ModelCatalogue, limits: ServiceLimits, metrics: ServiceMetrics
    ) throws(ModelError) {
        self.queue = queue
        passages = PassageSets(count: count + 1)
        for served in catalogue.models {
            _ = passages.exchange(try passages.prepare(served.loaded, warm: false), in: served.slot)
        }
        lone = Worker(
            queue: queue, passages: passages.workers[count], limits: limits.forLoneRequests, metrics: metrics)
        for passages in passages.workers.dropLast() {
            let worker = Worker(queue: queue, passages: passages, limits: limits, metrics: metrics)
            let start = unsafe Unmanaged.passRetained(Start(worker))
            var thread = pthread_t()
            let result = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    KernelThread.begin()
                    start.worker.run()
                    return nil
                }, start.toOpaque())
            guard result == 0 else {
                unsafe start.release()
                throw .kernel("cannot start a worker thread: \(unsafe String(cString: strerror(result)))")
            }
            threads.append(thread)
        }
    }

    /// Serves a tiny request on the calling thread, which no other may do meanwhile; false when it is not what it seemed
    /// and a worker should see to it.
    func serveAlone(_ waiting: WaitingRequest) -> Bool { lone.serveAlone(waiting) }

    /// Lets the workers finish what waits, and joins them.
    func stop() {
        queue.close()
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }
}
