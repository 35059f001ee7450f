import Synchronization
import Testing

@testable import VAETraining

@Suite struct ParallelReadingTests {
    private final class Tally: Sendable {
        let counts = Mutex([Int](repeating: 0, count: 100))
    }

    @Test func runsEveryNumberOnce() throws {
        let tally = Tally()
        try ParallelReading.forEach(100) { number in tally.counts.withLock { $0[number] += 1 } }
        #expect(tally.counts.withLock { $0 } == Array(repeating: 1, count: 100))
    }

    @Test func throwsTheErrorOfTheLowestNumber() {
        for _ in 0..<50 {
            let error = #expect(throws: DatasetError.self) {
                try ParallelReading.forEach(100) { (number) throws(DatasetError) in
                    if number >= 37 { throw .missing("\(number)") }
                }
            }
            #expect(error == .missing("37"))
        }
    }
}
