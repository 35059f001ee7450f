internal import Glibc
internal import VAE

/// The passages of all workers. One thread at a time exchanges them.
struct PassageSets: Sendable {
    /// One for each worker.
    let workers: [PassageSet]

    /// For `count` workers, without any model.
    init(count: Int = 0) { workers = (0..<count).map { _ in PassageSet() } }

    /// A passage for each worker. Warm, it costs a millisecond more and no request anything; at the start, when there
    /// are no requests, the millisecond counts more.
    func prepare(_ loaded: LoadedModel, warm: Bool = true) throws(ModelError) -> [Passage] {
        var passages: [Passage] = []
        for _ in workers {
            let passage = try Passage(loaded)
            if warm { try passage.warm() }
            passages.append(passage)
        }
        return passages
    }

    /// Puts a passage into `slot` for each worker; returns what was there.
    func exchange(_ passages: [Passage], in slot: Int) -> [Passage] {
        zip(workers, passages).compactMap { worker, passage in worker.exchange(passage, in: slot) }
    }

    /// Empties `slot`; returns what was there.
    func remove(_ slot: Int) -> [Passage] { workers.compactMap { $0.exchange(nil, in: slot) } }

    /// Waits until no batch is under way on `passages`, at most a second, so that their memory is given back by this
    /// thread and not by a worker between two batches.
    static func retire(_ passages: consuming [Passage]) {
        for _ in 0..<1000 {
            var areFree = true
            for index in passages.indices where !isKnownUniquelyReferenced(&passages[index]) { areFree = false }
            if areFree { return }
            usleep(1000)
        }
    }
}
