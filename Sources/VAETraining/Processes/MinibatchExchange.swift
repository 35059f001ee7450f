internal import Synchronization
internal import VAE

/// What the processes of a group tell each other about a minibatch. Thread 0 of each talks; all threads get the sums.
///
/// Every thread of the team calls each function, after a meeting that followed the writing of its arguments; there must
/// be another meeting before the next call.
final class MinibatchExchange: Sendable {
    private let processes: ProcessGroup
    private let team: ThreadTeam
    private let sums = Mutex<[Double]>([])

    init(_ processes: ProcessGroup, team: ThreadTeam) {
        self.processes = processes
        self.team = team
    }

    /// Whether there is anybody to talk to.
    var isNeeded: Bool { processes.count > 1 }

    /// Thread `index`'s share of `total` images, among those of all processes.
    func share(_ index: Int, of total: Int) -> Range<Int> { processes.share(index, of: team.count, total: total) }

    /// `values`, the sums over this process's threads, summed over all processes.
    func sum(_ values: [Double], thread index: Int) -> [Double] {
        guard isNeeded else { return values }
        if index == 0 {
            let summed = processes.sum(values)
            sums.withLock { $0 = summed }
        }
        team.wait()
        return sums.withLock { $0 }
    }

    /// The same with the terms of the loss; `gradient` becomes the sum over all processes as well.
    func sum(_ terms: LossTerms, gradient: FloatBuffer, thread index: Int) -> LossTerms {
        guard isNeeded else { return terms }
        if index == 0 { processes.sum(gradient) }
        return LossTerms(numbers: sum(terms.numbers, thread: index))
    }
}

extension LossTerms {
    /// For a message.
    var numbers: [Double] { [reconstruction, kl, objective, Double(images)] }

    init(numbers: [Double]) {
        self.init(reconstruction: numbers[0], kl: numbers[1], objective: numbers[2], images: Int(numbers[3]))
    }
}
