internal import Glibc
internal import HTTPServer

/// A mutex, a condition and one worker, as the service has them: what it pays to leave the I/O thread and come back.
///
/// `@unchecked Sendable` because `waiting` is touched with `mutex` held only.
@safe final class EchoQueue: HTTPHandler, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [HTTPRequest] = []
    /// What replies are copied from; longer ones repeat it.
    private let filling = [UInt8](repeating: UInt8(ascii: "7"), count: 1 << 16)

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
        var thread = pthread_t()
        let queue = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { queue in
                guard let queue = unsafe queue else { return nil }
                unsafe Unmanaged<EchoQueue>.fromOpaque(queue).takeRetainedValue().work()
            }, queue)
        precondition(result == 0, "cannot start a worker thread")
    }

    func handle(_ request: HTTPRequest) {
        unsafe pthread_mutex_lock(mutex)
        waiting.append(request)
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_signal(changed)
    }

    private func work() -> Never {
        var batch: [HTTPRequest] = []
        while true {
            unsafe pthread_mutex_lock(mutex)
            while waiting.isEmpty { unsafe pthread_cond_wait(changed, mutex) }
            swap(&waiting, &batch)
            unsafe pthread_mutex_unlock(mutex)
            for request in batch { request.respond(reply(of: Int(request.rawQuery) ?? 0)) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func reply(of count: Int) -> HTTPResponse {
        var body = OutputBuffer(minimumCapacity: count)
        while body.count < count {
            unsafe filling.withUnsafeBytes {
                unsafe body.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0.prefix(count - body.count)))
            }
        }
        return HTTPResponse(status: 200, contentType: "application/octet-stream", body: body)
    }
}
