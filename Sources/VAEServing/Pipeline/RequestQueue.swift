internal import Glibc
internal import HTTPServer
internal import Synchronization

/// Requests waiting for a worker, in two lanes: small ones, of which a worker takes all that wait (up to its batch
/// limit), so that batches form by themselves while workers are busy and an idle server answers at once; and large
/// ones, which are taken one at a time and pause for small ones on the way.
///
/// A worker is woken only when that pays. Threads that share a processor with the I/O threads gain nothing from being
/// many: they only take smaller batches and change places more often. So beyond `eagerWorkers` a further worker is
/// woken when more than `patience` of work waits, or when those awake are held up by large requests.
///
/// `@unchecked Sendable` because everything but the atomics is touched with `mutex` held only.
@safe final class RequestQueue: @unchecked Sendable {
    /// What a worker is given next.
    enum Lane { case small, large }

    /// Requests beyond this are refused with 429.
    let limit: Int
    private let workers: Int
    private let eagerWorkers: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var small: [WaitingRequest] = []
    private var large: [WaitingRequest] = []
    private var closed = false
    /// Workers in `take` that nobody has called.
    private var asleep = 0
    /// Calls that no worker has answered yet.
    private var calls = 0
    /// Workers that are neither asleep nor busy with a large request; called ones included.
    private var attentive = 0
    /// Copies of the lanes' counts that metrics, admission and pauses read without the lock.
    private let depthCopy = Atomic<Int>(0)
    private let smallCopy = Atomic<Int>(0)
    /// Workers that are not asleep.
    private let awakeCopy = Atomic<Int>(0)
    /// What one small request took of late.
    private let averageNanoseconds = Atomic<UInt64>(20_000)

    /// Work, or time, that small requests may wait for a worker that is awake rather than for one to be woken.
    private static let patience: UInt64 = 5_000_000

    /// `eagerWorkers`: how many of `workers` may be awake at a time for small requests without a backlog.
    init(limit: Int, workers: Int = 1, eagerWorkers: Int = 1) {
        self.limit = limit
        self.workers = workers
        self.eagerWorkers = eagerWorkers
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Number of requests waiting now.
    var depth: Int { depthCopy.load(ordering: .relaxed) }

    /// How long a request that comes now will wait behind the small ones, as far as the last ones tell, in nanoseconds.
    var expectedWait: UInt64 {
        UInt64(smallCopy.load(ordering: .relaxed)) * averageNanoseconds.load(ordering: .relaxed) / UInt64(workers)
    }

    /// Whether nothing waits, and nothing is being worked on: nobody else would be held up by a request.
    var isIdle: Bool { depth == 0 && awakeCopy.load(ordering: .relaxed) == 0 }

    /// Whether a small request waits: what a large one looks at when it pauses.
    var hasSmall: Bool { smallCopy.load(ordering: .relaxed) > 0 }

    /// Adds a request, and wakes a worker if that pays.
    func add(_ waiting: WaitingRequest, to lane: Lane = .small) {
        let call = withLock { () -> Bool in
            switch lane {
            case .small: small.append(waiting)
            case .large: large.append(waiting)
            }
            publishDepth()
            return callsForWorker(now: waiting.queued)
        }
        if call { unsafe pthread_cond_signal(changed) }  // unlocked, or the one woken would wait again at once
    }

    /// Waits for requests and moves small ones, oldest first and up to `limit`, or one large one, into `batch`, which
    /// comes empty. After a small batch a large request goes first, so that neither lane starves the other.
    /// `nil` when the queue is closed and empty.
    func take(into batch: inout [WaitingRequest], limit: Int, after previous: Lane?) -> Lane? {
        let (lane, call) = withLock { () -> (Lane?, Bool) in
            if previous == .large || previous == nil { attentive += 1 }
            if previous == nil { awakeCopy.add(1, ordering: .relaxed) }
            while small.isEmpty && large.isEmpty {
                if closed { return (nil, false) }
                sleep()
            }
            guard !large.isEmpty, small.isEmpty || previous == .small else {
                moveSmall(into: &batch, limit: limit)
                return (.small, callsForRest())
            }
            batch.append(large.removeFirst())
            attentive -= 1
            publishDepth()
            return (.large, callsForRest())
        }
        if call { unsafe pthread_cond_signal(changed) }
        return lane
    }

    /// Moves small requests that wait into `batch`, which comes empty, without waiting for any: what a large request
    /// does in its pauses.
    func takeSmall(into batch: inout [WaitingRequest], limit: Int) {
        let call = withLock { () -> Bool in
            moveSmall(into: &batch, limit: limit)
            return callsForRest()
        }
        if call { unsafe pthread_cond_signal(changed) }
    }

    /// Learns what small requests take: a worker has spent `nanoseconds` on `count` of them.
    func spent(_ nanoseconds: UInt64, on count: Int) {
        let average = averageNanoseconds.load(ordering: .relaxed)
        averageNanoseconds.store((7 * average + nanoseconds / UInt64(max(1, count))) / 8, ordering: .relaxed)
    }

    /// Lets `take` return `nil` once everything is taken.
    func close() {
        withLock { closed = true }
        unsafe pthread_cond_broadcast(changed)
    }

    // MARK: - With the lock held

    private func moveSmall(into batch: inout [WaitingRequest], limit: Int) {
        if small.count <= limit {
            swap(&small, &batch)  // both keep their storage: no allocation in the steady state
        } else {
            batch.append(contentsOf: small[..<limit])
            small.removeFirst(limit)
        }
        publishDepth()
    }

    /// Whoever takes something looks at what is left: nobody else will until the next request comes.
    private func callsForRest() -> Bool {
        asleep > 0 && !(small.isEmpty && large.isEmpty) && callsForWorker(now: HTTPServer.now)
    }

    /// Whether to wake a worker, which is then counted as called.
    private func callsForWorker(now: UInt64) -> Bool {
        guard asleep > 0 else { return false }
        let backlog = UInt64(small.count) * averageNanoseconds.load(ordering: .relaxed)
        let waited = small.first.map { now &- min(now, $0.queued) } ?? 0
        guard attentive < eagerWorkers || !large.isEmpty || max(backlog, waited) > Self.patience else { return false }
        asleep -= 1
        calls += 1
        attentive += 1
        awakeCopy.add(1, ordering: .relaxed)
        return true
    }

    /// Until called, or until the queue is closed.
    private func sleep() {
        asleep += 1
        attentive -= 1
        awakeCopy.subtract(1, ordering: .relaxed)
        while calls == 0 && !closed { unsafe pthread_cond_wait(changed, mutex) }
        if calls > 0 {
            calls -= 1
        } else {
            asleep -= 1
            attentive += 1
            awakeCopy.add(1, ordering: .relaxed)
        }
    }

    private func publishDepth() {
        depthCopy.store(small.count + large.count, ordering: .relaxed)
        smallCopy.store(small.count, ordering: .relaxed)
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }
}
