internal import ArgumentParser
internal import Glibc
internal import VAETraining

/// Work in which the processes of `mpirun` take part.
enum Processes {
    /// Runs `body` in every process. If it fails in one, all end: the others could wait for it for ever.
    static func run<Value>(_ body: (ProcessGroup) throws -> Value) throws -> Value {
        let processes = try ProcessGroup.join()
        do {
            let value = try body(processes)
            processes.leave()
            return value
        } catch {
            guard processes.count > 1 else { throw error }
            // Most errors are the same in all processes, and then it is the first that says it.
            if !processes.isFirst { usleep(500_000) }
            let message = Array("process \(processes.rank): \(TrainCommand.fullMessage(for: error))\n".utf8)
            unsafe write(STDERR_FILENO, message, message.count)
            processes.abort(status: TrainCommand.exitCode(for: error).rawValue)
        }
    }
}
