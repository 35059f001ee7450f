internal import Glibc
internal import VAE

/// What the kernel says of this process.
struct ProcessStatus {
    let residentBytes: Int
    let cpuSeconds: Double
    let openFiles: Int

    static var current: ProcessStatus {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return ProcessStatus(
            residentBytes: residentPages() * sysconf(Int32(_SC_PAGESIZE)),
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), openFiles: countOpenFiles())
    }

    /// The second number of `/proc/self/statm`.
    private static func residentPages() -> Int {
        let words = SystemFile.text(of: "/proc/self/statm").split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    private static func countOpenFiles() -> Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // ".", ".." and the directory's own descriptor
    }
}
