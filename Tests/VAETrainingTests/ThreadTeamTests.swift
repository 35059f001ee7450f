import Synchronization
import Testing

@testable import VAETraining

@Suite struct ThreadTeamTests {
    @Test func sharesAreContiguousAndEven() throws {
        let team = try ThreadTeam(count: 3)
        for total in [0, 1, 2, 3, 128, 129] {
            let shares = (0..<3).map { team.share($0, of: total) }
            #expect(shares.flatMap { Array($0) } == Array(0..<total))
            #expect((shares.map(\.count).max() ?? 0) - (shares.map(\.count).min() ?? 0) <= 1)
        }
    }

    /// What each thread writes before a meeting, all see behind it; more threads than cores, so that some sleep.
    @Test func meetingsOrderWritesAndReads() throws {
        let team = try ThreadTeam(count: 5)
        let sums = (0..<5).map { _ in Cell() }
        let wrong = Counter()
        for _ in 0..<3 {
            team.run { index in
                for round in 0..<200 {
                    sums[index].value.store(round * 10 + index, ordering: .relaxed)
                    team.wait()
                    for (other, cell) in sums.enumerated()
                    where cell.value.load(ordering: .relaxed) != round * 10 + other { _ = wrong.next() }
                    team.wait()
                }
            }
        }
        #expect(wrong.next() == 1)
    }

    @Test func aTeamOfOneIsTheCaller() throws {
        let team = try ThreadTeam(count: 1)
        let calls = Counter()
        team.run { index in
            team.wait()
            if index == 0 { _ = calls.next() }
        }
        #expect(calls.next() == 2)
    }

    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }
}
