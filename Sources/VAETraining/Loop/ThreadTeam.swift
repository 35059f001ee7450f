internal import Glibc
internal import Synchronization
internal import VAE

/// Threads that live as long as a run and do the same work on different shares. The caller is thread 0.
final class ThreadTeam: Sendable {
    typealias Work = @Sendable (Int) -> Void

    /// Number of threads, the caller among them.
    let count: Int
    private let crew: Crew
    private let threads: [pthread_t]

    /// Starts `count` − 1 threads.
    init(count: Int) throws(TrainingError) {
        precondition(count >= 1, "a team needs at least one thread")
        self.count = count
        let crew = Crew(count: count)
        self.crew = crew
        KernelThread.begin()
        var threads: [pthread_t] = []
        for index in 1..<count {
            guard let thread = crew.start(index) else {
                // Those that run already wait at a barrier sized for all: they are left to the end of the process.
                throw .system("could not start thread \(index + 1) of \(count): use fewer --threads")
            }
            threads.append(thread)
        }
        self.threads = threads
    }

    deinit {
        crew.work.withLock { $0 = nil }
        crew.barrier.wait()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Runs `work(index)` once on every thread, and returns when all are done.
    func run(_ work: @escaping Work) {
        crew.work.withLock { $0 = work }
        crew.barrier.wait()
        work(0)
        crew.barrier.wait()
    }

    /// Inside `run`: waits until every thread of the team is here. All must call it equally often.
    func wait() { crew.barrier.wait() }

    /// Thread `index`'s part of `count` things: contiguous, in order, sizes as equal as can be.
    func share(_ index: Int, of total: Int) -> Range<Int> {
        total * index / count..<total * (index + 1) / count
    }

    /// What caller and threads share; outlives both.
    private final class Crew: Sendable {
        let barrier: Barrier
        let work = Mutex<Work?>(nil)

        init(count: Int) { barrier = Barrier(count: count) }

        func start(_ index: Int) -> pthread_t? {
            let start = unsafe Unmanaged.passRetained(Start(crew: self, index: index))
            var thread = pthread_t()
            let status = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    KernelThread.begin()
                    start.crew.serve(start.index)
                    return nil
                }, start.toOpaque())
            if status == 0 { return thread }
            unsafe start.release()
            return nil
        }

        private func serve(_ index: Int) {
            while true {
                barrier.wait()
                guard let work = work.withLock({ $0 }) else { return }
                work(index)
                barrier.wait()
            }
        }
    }

    private final class Start {
        let crew: Crew
        let index: Int

        init(crew: Crew, index: Int) {
            self.crew = crew
            self.index = index
        }
    }
}
