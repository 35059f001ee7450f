import Synchronization
import Testing

@testable import VAEServing

@Suite struct LoaderQueueTests {
    /// Counts calls.
    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func theSameWorkIsDoneOnce() throws {
        let queue = LoaderQueue()
        let count = Count()
        for work in [LoaderQueue.Work.load("a"), .load("b"), .load("a"), .refresh(.request), .load("a")] {
            try queue.add(work) { _ in count.value.add(1, ordering: .relaxed) }
        }
        var found: [LoaderQueue.Work] = []
        for _ in 0..<3 {
            let job = try #require(queue.next(until: nil))
            found.append(job.work)
            for completion in job.completions { completion(.success([])) }
        }
        #expect(found == [.load("a"), .load("b"), .refresh(.request)])
        #expect(count.value.load(ordering: .relaxed) == 5)
        #expect(queue.next(until: 0)?.work == .refresh(.poll), "nothing else waits, and the time is up")
    }

    @Test func aBoundOnWhatWaits() throws {
        let queue = LoaderQueue()
        for index in 0..<LoaderQueue.limit { try queue.add(.load("\(index % 3)")) { _ in } }
        let error = #expect(throws: RequestError.self) { try queue.add(.load("1")) { _ in } }
        #expect(error?.reply.status == 429)
        try queue.add(.refresh(.request))
    }

    @Test func closingHandsBackWhatWaits() throws {
        let queue = LoaderQueue()
        try queue.add(.load("a")) { _ in }
        #expect(queue.close().map(\.work) == [.load("a")])
        #expect(queue.next(until: nil) == nil)
        let error = #expect(throws: RequestError.self) { try queue.add(.unload("a")) { _ in } }
        #expect(error?.reply.status == 503)
    }
}
