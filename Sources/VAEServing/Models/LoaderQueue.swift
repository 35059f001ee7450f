internal import Glibc
internal import HTTPServer

/// What waits for the loader, in the order it came; the same work asked for twice is done once.
///
/// `@unchecked Sendable` because everything mutable is touched with `mutex` held only.
@safe final class LoaderQueue: @unchecked Sendable {
    /// Something for the loader to do.
    enum Work: Equatable, Sendable {
        case refresh(ModelLedger.Look)
        case load(String)
        case unload(String)
    }

    /// Gets the body of the reply.
    typealias Completion = @Sendable (Result<[UInt8], RequestError>) -> Void

    struct Job {
        let work: Work
        var completions: [Completion]
    }

    /// Requests that may wait at a time.
    static let limit = 64

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var isClosed = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Adds `work`, or `completion` to the same work that waits already: what has begun does not count, since it may
    /// have read an older file.
    func add(_ work: Work, completion: Completion? = nil) throws(RequestError) {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard !isClosed else { throw .draining("the server is stopping and loads nothing any more") }
        let waiting = jobs.reduce(0) { $0 + $1.completions.count }
        guard completion == nil || waiting < Self.limit else {
            throw .queueFull("\(waiting) requests wait for models to load, as many as may", retryAfter: 1)
        }
        let completions = completion.map { [$0] } ?? []
        if let index = jobs.firstIndex(where: { $0.work == work }) {
            jobs[index].completions += completions
        } else {
            jobs.append(Job(work: work, completions: completions))
        }
        unsafe pthread_cond_signal(changed)
    }

    /// Waits for a job, at most until `deadline` in nanoseconds of `HTTPServer.now`.
    /// A look by poll when the time is up; `nil` when the queue is closed.
    func next(until deadline: UInt64?) -> Job? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while !isClosed {
            if !jobs.isEmpty { return jobs.removeFirst() }
            if let deadline {
                guard HTTPServer.now < deadline else { return Job(work: .refresh(.poll), completions: []) }
                var time = timespec(
                    tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
                unsafe pthread_cond_timedwait(changed, mutex, &time)
            } else {
                unsafe pthread_cond_wait(changed, mutex)
            }
        }
        return nil
    }

    /// Refuses everything from now on; returns what has not begun.
    func close() -> [Job] {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        isClosed = true
        let left = jobs
        jobs = []
        unsafe pthread_cond_broadcast(changed)
        return left
    }
}
