internal import Glibc

/// How many threads are worth starting.
package enum ProcessorCount {
    /// Processors this process may run on, not those of the host: the bits of `Cpus_allowed` in `/proc/self/status`.
    package static var usable: Int {
        let lines = ProcessStatus.text(of: "/proc/self/status").split(separator: "\n")
        for line in lines where line.hasPrefix("Cpus_allowed:") {
            let count = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue).reduce(0) {
                $0 + $1.nonzeroBitCount
            }
            if count > 0 { return count }
        }
        return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }
}
