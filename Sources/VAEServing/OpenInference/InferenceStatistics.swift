internal import Glibc
internal import Synchronization

/// What the protocol's statistics extension tells of one part of a VAE, since its checkpoint was loaded.
final class InferenceStatistics: Sendable {
    /// Where the time of an answered request went, in nanoseconds.
    struct Times {
        let queue, input, compute, output: UInt64

        var total: UInt64 { queue + input + compute + output }
    }

    private enum Cell: Int, CaseIterable {
        case success, successTime, failure, failureTime, queueTime, inputTime, computeTime, outputTime, rows, executions
    }

    private let cells = AtomicCounters(count: Cell.allCases.count)
    /// Milliseconds since 1970; 0 for never.
    private let last = Atomic<UInt64>(0)

    /// Counts an answered request of `rows` rows. `isFirst`: of those that one run through the VAE answered.
    func succeeded(rows: Int, _ times: Times, isFirst: Bool) {
        add(1, .success)
        add(times.total, .successTime)
        add(times.queue, .queueTime)
        add(times.input, .inputTime)
        add(times.compute, .computeTime)
        add(times.output, .outputTime)
        add(UInt64(rows), .rows)
        if isFirst { add(1, .executions) }
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        last.store(UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000, ordering: .relaxed)
    }

    /// Counts one that was refused.
    func failed(nanoseconds: UInt64) {
        add(1, .failure)
        add(nanoseconds, .failureTime)
    }

    private func add(_ amount: UInt64, _ cell: Cell) { cells.add(amount, at: cell.rawValue) }

    /// An element of `model_stats`.
    func json(name: String, version: String) -> String {
        func value(_ cell: Cell) -> UInt64 { cells[cell.rawValue] }
        func duration(_ count: Cell, _ time: Cell) -> String { "{\"count\":\(value(count)),\"ns\":\(value(time))}" }
        let none = "{\"count\":0,\"ns\":0}"
        let times = [
            ("success", duration(.success, .successTime)), ("fail", duration(.failure, .failureTime)),
            ("queue", duration(.success, .queueTime)), ("compute_input", duration(.success, .inputTime)),
            ("compute_infer", duration(.success, .computeTime)), ("compute_output", duration(.success, .outputTime)),
            ("cache_hit", none), ("cache_miss", none),
        ].map { "\"\($0)\":\($1)" }.joined(separator: ",")
        return "{\"name\":\(JSONText.quoted(name)),\"version\":\"\(version)\","
            + "\"last_inference\":\(last.load(ordering: .relaxed)),\"inference_count\":\(value(.rows)),"
            + "\"execution_count\":\(value(.executions)),\"inference_stats\":{\(times)},\"batch_stats\":[]}"
    }
}
