internal import Glibc
internal import Synchronization

/// Lines on their way to a file descriptor. Whoever adds one never waits for its reader: lines gather in memory, a
/// thread of its own writes them, and what does not fit is dropped and counted.
///
/// The lock is held for the copy of a line, and for the exchange of two pointers; never while something is written.
///
/// `@unchecked Sendable`: everything that changes is touched with `mutex` held only, but for `writing`, which belongs
/// to the writer's thread.
@safe package final class LineWriter: @unchecked Sendable {
    package static let standardOutput = LineWriter(descriptor: STDOUT_FILENO)
    package static let standardError = LineWriter(descriptor: STDERR_FILENO)

    /// Writes what waits, before the process ends.
    package static func flushAll() {
        standardOutput.flush()
        standardError.flush()
    }

    /// How long lines gather before they are written together: under load, one call of the system for hundreds.
    private static let gatheringMicroseconds: UInt32 = 2000

    private let descriptor: Int32
    private let capacity: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var gathering: UnsafeMutableRawPointer
    private var writing: UnsafeMutableRawPointer
    private var gathered = 0
    private var isWriting = false
    private var isStarted = false
    private let dropped = Atomic<UInt64>(0)

    /// Room for `capacity` bytes of lines that wait; memory is taken as it is used. Lives for ever: its thread does.
    init(descriptor: Int32, capacity: Int = 2 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
        unsafe gathering = .allocate(byteCount: capacity, alignment: 16)
        unsafe writing = .allocate(byteCount: capacity, alignment: 16)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    /// Lines dropped since the start.
    package var droppedLines: UInt64 { dropped.load(ordering: .relaxed) }

    /// Adds a line, which ends with its line feed. Never blocks.
    func add(_ line: RawSpan) {
        unsafe pthread_mutex_lock(mutex)
        let fits = line.byteCount <= capacity - gathered
        let isFirst = gathered == 0
        if fits {
            unsafe line.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                unsafe (gathering + gathered).copyMemory(from: start, byteCount: bytes.count)
            }
            gathered += line.byteCount
            if !isStarted { isStarted = startThread() }
        }
        unsafe pthread_mutex_unlock(mutex)
        if !fits { dropped.wrappingAdd(1, ordering: .relaxed) }
        if fits && isFirst { unsafe pthread_cond_broadcast(changed) }
    }

    /// Waits until everything added before is written, but no longer than `milliseconds`: a reader may be stuck.
    package func flush(milliseconds: Int = 1000) {
        for _ in 0..<max(1, milliseconds) {
            unsafe pthread_mutex_lock(mutex)
            let isDone = gathered == 0 && !isWriting
            unsafe pthread_mutex_unlock(mutex)
            if isDone { return }
            usleep(1000)
        }
    }

    private func startThread() -> Bool {
        // Signals belong to the main thread; a new thread inherits a full mask.
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<LineWriter>.fromOpaque(argument).takeUnretainedValue().run()
            }, start.toOpaque())
        guard result == 0 else {
            unsafe start.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func run() -> Never {
        while true {
            unsafe pthread_mutex_lock(mutex)
            while gathered == 0 { unsafe pthread_cond_wait(changed, mutex) }
            unsafe pthread_mutex_unlock(mutex)
            usleep(Self.gatheringMicroseconds)
            unsafe pthread_mutex_lock(mutex)
            unsafe swap(&gathering, &writing)
            let count = gathered
            gathered = 0
            isWriting = true
            unsafe pthread_mutex_unlock(mutex)
            unsafe write(UnsafeRawBufferPointer(start: writing, count: count))
            unsafe pthread_mutex_lock(mutex)
            isWriting = false
            unsafe pthread_mutex_unlock(mutex)
        }
    }

    /// Writes all of `lines`, or counts what cannot be written, such as when nobody reads any more.
    private func write(_ lines: UnsafeRawBufferPointer) {
        var rest = unsafe lines[...]
        while unsafe !rest.isEmpty {
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
            let written = unsafe Glibc.write(descriptor, part.baseAddress, part.count)
            if written >= 0 {
                unsafe rest = unsafe rest.dropFirst(written)
            } else if errno == EAGAIN {
                var look = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&look, 1, -1)
            } else if errno != EINTR {
                let lost = unsafe part.count { $0 == UInt8(ascii: "\n") }
                dropped.wrappingAdd(UInt64(lost), ordering: .relaxed)
                return
            }
        }
    }
}
