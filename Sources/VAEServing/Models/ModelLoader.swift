internal import Glibc
internal import HTTPServer
internal import VAE

/// The one thread on which models are read, checked, packed and warmed while others serve.
///
/// `@unchecked Sendable` because `thread` is touched by `init` and `stop` only, which the owner calls one after the
/// other; `dueAt` and `lookAt` by the loader's own thread only.
@safe final class ModelLoader: @unchecked Sendable {
    private let repository: ModelRepository
    private let passages: PassageSets
    private let pollNanoseconds: UInt64?
    private let report: @Sendable (ModelEvent) -> Void
    private let queue = LoaderQueue()
    private var thread: pthread_t?
    /// The next poll.
    private var pollAt: UInt64?
    /// The next look at what was undecided.
    private var lookAt: UInt64?

    /// Starts the thread. It polls every `pollInterval`, never if that is zero. `report` gets what happens, on the
    /// loader's thread.
    init(
        repository: ModelRepository, passages: PassageSets, pollInterval: Duration,
        report: @escaping @Sendable (ModelEvent) -> Void
    ) throws(ModelError) {
        self.repository = repository
        self.passages = passages
        self.report = report
        pollNanoseconds = pollInterval > .zero ? UInt64(pollInterval / .nanoseconds(1)) : nil
        pollAt = pollNanoseconds.map { HTTPServer.now + $0 }
        let start = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ModelLoader>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            unsafe start.release()
            throw .kernel("cannot start the loader's thread: \(unsafe String(cString: strerror(result)))")
        }
        self.thread = thread
    }

    /// Looks at the directory soon.
    func refresh() { try? queue.add(.refresh(.request)) }

    /// Does `work` soon and then calls `completion`, on the loader's thread.
    func add(_ work: LoaderQueue.Work, completion: @escaping LoaderQueue.Completion) throws(RequestError) {
        try queue.add(work, completion: completion)
    }

    /// Finishes what has begun; what has not is answered with 503. The thread ends.
    func close() {
        for job in queue.close() {
            for completion in job.completions {
                completion(.failure(.draining("the server is stopping and loads nothing any more")))
            }
        }
    }

    /// Closes, and waits for the thread.
    func stop() {
        close()
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }

    private func run() {
        // Serving goes first where both want the processor. Niceness is a thread's own on Linux.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        while let job = queue.next(until: [pollAt, lookAt].compactMap { $0 }.min()) {
            let result = perform(job.work)
            for event in repository.takeEvents() { report(event) }
            for completion in job.completions { completion(result) }
        }
    }

    private func perform(_ work: LoaderQueue.Work) -> Result<[UInt8], RequestError> {
        do throws(ModelLoadError) {
            switch work {
            case .refresh(let look):
                let isUndecided = repository.refresh(look, into: passages)
                lookAt = isUndecided ? HTTPServer.now + ModelLedger.patience : nil
                pollAt = pollNanoseconds.map { HTTPServer.now + $0 }
                return .success([])
            case .load(let name):
                let (model, changed) = try repository.load(name, into: passages)
                return .success(model.card(changed: changed))
            case .unload(let name):
                try repository.unload(name, from: passages)
                return .success(Array("{\"name\":\(JSONText.quoted(name)),\"unloaded\":true}".utf8))
            }
        } catch { return .failure(error.requestError) }
    }
}
