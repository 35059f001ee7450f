internal import Glibc
internal import VAE

/// Reads the next minibatch on threads of its own while the team computes the current one.
///
/// There are two buffers: what `take` gave stays as it is until the `begin` after the next. What it gives does not depend
/// on the number of threads. One thread at a time calls `begin` and `take`, by turns.
final class DecodeAhead {
    private let crew: Crew
    private let threads: [pthread_t]
    private let buffers: [FloatBuffer]
    private var current = 0
    private var isUnderWay = false

    /// For minibatches of up to `maximumRows` examples of `dataset`, each varied as `augmentation` says.
    init(
        dataset: any Dataset, maximumRows: Int, augmentation: Augmentation = .none,
        threads wanted: Int = min(4, TrainingSettings.availableThreads)
    ) throws(TrainingError) {
        precondition(maximumRows >= 1 && wanted >= 1, "\(maximumRows) rows, \(wanted) threads")
        buffers = (0..<2).map { _ in FloatBuffer(count: maximumRows * dataset.shape.elementCount) }
        let crew = Crew(dataset: dataset, augmentation: augmentation)
        self.crew = crew
        threads = (0..<wanted).compactMap { _ in crew.start() }
        guard !threads.isEmpty else { throw .system("could not start a thread that reads images: use fewer --threads") }
    }

    deinit {
        crew.desk.change { $0.isClosed = true }
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Starts reading the examples `indices`. `stream`, of the domain `augmentation` and the epoch, varies them; without
    /// it they stay as they are. What was begun before must have been taken.
    func begin(_ indices: [UInt32], varying stream: RandomStream? = nil) {
        precondition(!isUnderWay, "the minibatch begun before has not been taken")
        precondition(indices.count * crew.dataset.shape.elementCount <= buffers[0].count, "\(indices.count) rows")
        isUnderWay = true
        current = 1 - current
        let job = Job(indices: indices, stream: stream, buffer: buffers[current], share: share(of: indices.count))
        crew.desk.change { $0.job = job }
    }

    /// Waits for what was begun: `[rows, C·H·W]`. Throws the error of the first row that could not be read.
    func take() throws(DatasetError) -> FloatBuffer {
        precondition(isUnderWay, "no minibatch was begun")
        isUnderWay = false
        let failure = crew.desk.wait(until: { $0.job.map { $0.done == $0.indices.count } ?? true }) { desk in
            defer { desk.job = nil }
            return desk.job?.failure?.error
        }
        if let failure { throw failure }
        return buffers[current]
    }

    /// Rows that a thread takes at once: few, since images differ in what they cost.
    private func share(of rows: Int) -> Int { max(1, rows / (threads.count * 8)) }

    private struct Job {
        let indices: [UInt32]
        let stream: RandomStream?
        let buffer: FloatBuffer
        let share: Int
        var next = 0
        var done = 0
        var failure: (row: Int, error: DatasetError)?

        init(indices: [UInt32], stream: RandomStream?, buffer: FloatBuffer, share: Int) {
            self.indices = indices
            self.stream = stream
            self.buffer = buffer
            self.share = share
        }
    }

    private struct Desk {
        var job: Job?
        var isClosed = false
        var hasWork: Bool { isClosed || job.map { $0.next < $0.indices.count } ?? false }
    }

    /// What the threads share with their owner, and outlives it.
    private final class Crew: Sendable {
        let dataset: any Dataset
        let augmentation: Augmentation
        let desk = Monitor(Desk())

        init(dataset: any Dataset, augmentation: Augmentation) {
            self.dataset = dataset
            self.augmentation = augmentation
        }

        func start() -> pthread_t? {
            var thread = pthread_t()
            let crew = unsafe Unmanaged.passRetained(self)
            let status = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Crew>.fromOpaque(argument).takeRetainedValue().serve()
                    return nil
                }, crew.toOpaque())
            if status == 0 { return thread }
            unsafe crew.release()
            return nil
        }

        private func serve() {
            while let (job, rows) = nextShare() {
                var failure: DatasetError?
                do throws(DatasetError) { try read(rows, of: job) } catch { failure = error }
                desk.change { desk in
                    desk.job?.done += rows.count
                    guard let failure, rows.lowerBound < desk.job?.failure?.row ?? .max else { return }
                    desk.job?.failure = (rows.lowerBound, failure)
                }
            }
        }

        /// Waits for rows to read; `nil` at the end.
        private func nextShare() -> (Job, Range<Int>)? {
            desk.wait(until: \.hasWork) { desk in
                guard !desk.isClosed, let job = desk.job else { return nil }
                let end = min(job.next + job.share, job.indices.count)
                desk.job?.next = end
                return (job, job.next..<end)
            }
        }

        private func read(_ rows: Range<Int>, of job: Job) throws(DatasetError) {
            let indices = Array(job.indices[rows])
            let target = unsafe job.buffer.base + rows.lowerBound * dataset.shape.elementCount
            try unsafe dataset.gather(indices, rows: rows.count, into: target)
            guard let stream = job.stream else { return }
            unsafe augmentation.apply(
                to: target, shape: dataset.shape, indices: indices, rows: rows.count, stream: stream)
        }
    }
}
