internal import Glibc
internal import HTTPServer
internal import Synchronization

/// Requests waiting for a worker. A worker takes all that wait, up to its batch limit, so batches form by themselves
/// while workers are busy, and an idle server answers at once.
///
/// `@unchecked Sendable` because `waiting` and `closed` are touched with `mutex` held only.
@safe final class RequestQueue: @unchecked Sendable {
    /// Requests beyond this are refused with 429.
    let limit: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [HTTPRequest] = []
    private var closed = false
    /// A copy of `waiting.count` that metrics and admission read without the lock.
    private let depthCopy = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
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

    /// Adds a request and wakes one worker.
    func add(_ request: HTTPRequest) {
        unsafe pthread_mutex_lock(mutex)
        waiting.append(request)
        depthCopy.store(waiting.count, ordering: .relaxed)
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_signal(changed)
    }

    /// Waits for requests and moves up to `limit` of them, oldest first, into `batch`, which comes empty.
    /// False when the queue is closed and empty.
    func take(into batch: inout [HTTPRequest], limit: Int) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while waiting.isEmpty && !closed { unsafe pthread_cond_wait(changed, mutex) }
        guard !waiting.isEmpty else { return false }
        if waiting.count <= limit {
            swap(&waiting, &batch)  // both keep their storage: no allocation in the steady state
        } else {
            batch.append(contentsOf: waiting[..<limit])
            waiting.removeFirst(limit)
            unsafe pthread_cond_signal(changed)  // what is left is for another worker, if one is idle
        }
        depthCopy.store(waiting.count, ordering: .relaxed)
        return true
    }

    /// Lets `take` return false once everything is taken.
    func close() {
        unsafe pthread_mutex_lock(mutex)
        closed = true
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_broadcast(changed)
    }
}
