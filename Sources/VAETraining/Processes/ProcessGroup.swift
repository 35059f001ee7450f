internal import CMPI
internal import VAE

/// The processes that train one model together: those of `mpirun -n N`, or this one alone.
///
/// Each keeps the whole model and learns from its share of every minibatch; they meet to add up gradients. The thread
/// that joined makes all calls, and all processes make the same calls in the same order. Alone, every call returns at
/// once.
public final class ProcessGroup: Sendable {
    /// This process's number, from 0. Process 0 prints and writes files.
    public let rank: Int
    /// Number of processes, at least 1.
    public let count: Int

    /// This process and no other.
    public static let alone = ProcessGroup(rank: 0, count: 1)

    private init(rank: Int, count: Int) {
        self.rank = rank
        self.count = count
    }

    /// The processes that `mpirun` started together, or `alone` if it was not `mpirun`. To be called once.
    public static func join() throws(TrainingError) -> ProcessGroup {
        let launched = Int(mpi_launched_count())
        guard launched != 0 else {
            throw .setting(
                "the launcher belongs to another MPI (PMI_SIZE is set, OMPI_COMM_WORLD_SIZE is not): expected the mpirun "
                    + "of Open MPI; on Debian: apt-get install openmpi-bin, then mpirun.openmpi")
        }
        guard launched > 1 else { return alone }
        var failure = mpi_failure()
        var rank: Int32 = 0
        var count: Int32 = 1
        guard unsafe mpi_join(&rank, &count, &failure) else { throw .system(text(failure)) }
        guard Int(count) == launched else {
            throw .system("MPI: mpirun started \(launched) processes, and Open MPI's library finds \(count)")
        }
        return ProcessGroup(rank: Int(rank), count: Int(count))
    }

    /// Whether this process prints and writes files.
    public var isFirst: Bool { rank == 0 }

    /// Threads worth starting in each process: its part of the processors that it may use (`mpirun --bind-to none`).
    public static var availableThreads: Int { max(1, TrainingSettings.availableThreads / Int(mpi_launched_here())) }

    /// Adds up the numbers at `values` over all processes; all get the sums, the same bits.
    func sum(_ values: UnsafeMutablePointer<Float>, count: Int) throws(TrainingError) {
        try call { failure in unsafe mpi_sum_floats(values, count, &failure) }
    }

    /// The same with doubles.
    func sum(_ values: inout [Double]) throws(TrainingError) {
        guard count > 1 else { return }
        var failure = mpi_failure()
        guard unsafe mpi_sum_doubles(&values, values.count, &failure) else { throw .system(Self.text(failure)) }
    }

    /// Gives all processes the numbers of process 0.
    func broadcast(_ buffer: FloatBuffer) throws(TrainingError) {
        try call { failure in
            unsafe mpi_broadcast(buffer.base, buffer.count * MemoryLayout<Float>.stride, &failure)
        }
    }

    /// Gives all processes the bytes of process 0, of which there are as many everywhere.
    func broadcast(_ bytes: inout [UInt8]) throws(TrainingError) {
        guard count > 1 else { return }
        var failure = mpi_failure()
        guard unsafe mpi_broadcast(&bytes, bytes.count, &failure) else { throw .system(Self.text(failure)) }
    }

    /// Returns when all processes are here.
    func barrier() throws(TrainingError) {
        try call { failure in unsafe mpi_barrier(&failure) }
    }

    /// The orderly end; waits for the others to come to theirs. No other call may follow.
    public func leave() {
        if count > 1 { mpi_leave() }
    }

    /// Ends this process and all others with `status`: for an error that only one of them may have.
    public func abort(status: Int32) -> Never { mpi_abort(status) }

    private func call(_ body: (inout mpi_failure) -> Bool) throws(TrainingError) {
        guard count > 1 else { return }
        var failure = mpi_failure()
        guard body(&failure) else { throw .system(Self.text(failure)) }
    }

    private static func text(_ failure: mpi_failure) -> String {
        unsafe withUnsafeBytes(of: failure.message) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
