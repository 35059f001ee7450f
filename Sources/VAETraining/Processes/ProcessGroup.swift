internal import CMPI
internal import Glibc
internal import VAE

/// The processes that train one model together: those of `mpirun -n N`, or this one alone.
///
/// Each keeps the whole model and learns from its share of every minibatch; they meet to add up gradients. The thread
/// that joined makes all calls, and all processes make the same calls in the same order. Alone, every call returns at
/// once. A call that fails ends all processes with a message, since none could go on.
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

    /// Processes of the group that share this machine.
    static var launchedHere: Int { Int(mpi_launched_here()) }

    /// Whether this process prints and writes files.
    public var isFirst: Bool { rank == 0 }

    /// The part of `total` things that thread `thread` of each process's `threads` has: contiguous, in order of process
    /// and thread, sizes as equal as can be.
    func share(_ thread: Int, of threads: Int, total: Int) -> Range<Int> {
        let index = rank * threads + thread
        let parts = count * threads
        return total * index / parts..<total * (index + 1) / parts
    }

    /// Adds up the numbers of all processes; all get the sums, the same bits.
    func sum(_ values: FloatBuffer) {
        call { failure in unsafe mpi_sum_floats(values.base, values.count, &failure) }
    }

    /// The same with doubles.
    func sum(_ values: [Double]) -> [Double] {
        guard count > 1 else { return values }
        var values = values
        let length = values.count
        unsafe values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            call { failure in unsafe mpi_sum_doubles(base, length, &failure) }
        }
        return values
    }

    /// Whether it holds in any process.
    func any(_ condition: Bool) -> Bool { sum([condition ? 1 : 0])[0] > 0 }

    /// Gives all processes the numbers of process 0.
    func broadcast(_ buffer: FloatBuffer) {
        call { failure in
            unsafe mpi_broadcast(buffer.base, buffer.count * MemoryLayout<Float>.stride, &failure)
        }
    }

    /// Refuses to go on unless `description`, of what a process is about to do, is the same in all.
    func requireSame(_ description: String) throws(TrainingError) {
        guard count > 1 else { return }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var first = hash
        call { failure in unsafe mpi_broadcast(&first, MemoryLayout<UInt64>.size, &failure) }
        guard first == hash else {
            throw .setting(
                "process \(rank) was started with other flags, or on other data, than process 0; "
                    + "every machine needs the same files")
        }
    }

    /// The orderly end; waits for the others to come to theirs. No other call may follow.
    public func leave() {
        if count > 1 { mpi_leave() }
    }

    /// Ends this process and all others with `status`: for an error that only one of them may have.
    public func abort(status: Int32) -> Never { mpi_abort(status) }

    private func call(_ body: (inout mpi_failure) -> Bool) {
        guard count > 1 else { return }
        var failure = mpi_failure()
        guard !body(&failure) else { return }
        let message = Array("error: process \(rank): \(Self.text(failure))\n".utf8)
        unsafe write(STDERR_FILENO, message, message.count)
        abort(status: 1)
    }

    private static func text(_ failure: mpi_failure) -> String {
        unsafe withUnsafeBytes(of: failure.message) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
