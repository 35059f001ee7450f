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
        group.sum(floats)
        group.broadcast(floats)
        #expect(floats.array() == [1, -2, 3.5])
        #expect(group.sum([0.1, .infinity]) == [0.1, .infinity])
        #expect(group.any(true) && !group.any(false))
        try group.requireSame("anything")
        #expect(group.share(1, of: 3, total: 10) == 3..<6)
    }

    @Test func termsSurviveTheirMessage() {
        let terms = LossTerms(reconstruction: 80.5, kl: 25.25, objective: 105.75, images: 64)
        #expect(LossTerms(numbers: terms.numbers) == terms)
    }
}
