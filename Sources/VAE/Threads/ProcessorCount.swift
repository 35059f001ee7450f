internal import Glibc

/// How many threads are worth starting.
public enum ProcessorCount {
    /// Processors this process may keep busy, not those of the host: its affinity mask, or its container's CPU quota
    /// where that is less.
    public static var usable: Int { max(1, min(allowed, quota ?? .max)) }

    /// The bits of `Cpus_allowed` in `/proc/self/status`.
    private static var allowed: Int {
        for line in SystemFile.text(of: "/proc/self/status").split(separator: "\n")
        where line.hasPrefix("Cpus_allowed:") {
            let digits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
            return max(1, digits.reduce(0) { $0 + $1.nonzeroBitCount })
        }
        return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Quota over period of the cgroup (version 2), rounded up; `nil` without a limit.
    private static var quota: Int? {
        let words = SystemFile.text(of: "/sys/fs/cgroup/cpu.max").split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
            return nil
        }
        return (quota + period - 1) / period
    }
}
