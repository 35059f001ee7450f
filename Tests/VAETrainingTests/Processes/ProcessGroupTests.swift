import Testing
import VAE

@testable import VAETraining

/// One process; several are tested from outside, by `Tests/Integration/mpi.py`.
@Suite struct ProcessGroupTests {
    @Test func withoutMpirunThereIsOneProcess() throws {
        let group = try ProcessGroup.join()
        #expect(group === ProcessGroup.alone)
        #expect(group.rank == 0 && group.count == 1 && group.isFirst)
    }

    @Test func sumsAndBroadcastsOfOneLeaveTheNumbersAlone() throws {
        let group = ProcessGroup.alone
        let floats = FloatBuffer([1, -2, 3.5])
        try unsafe group.sum(floats.base, count: floats.count)
        try group.broadcast(floats)
        #expect(floats.array() == [1, -2, 3.5])
        var doubles = [0.1, .infinity]
        try group.sum(&doubles)
        #expect(doubles == [0.1, .infinity])
        var bytes: [UInt8] = [7, 8]
        try group.broadcast(&bytes)
        #expect(bytes == [7, 8])
        try group.barrier()
    }
}
