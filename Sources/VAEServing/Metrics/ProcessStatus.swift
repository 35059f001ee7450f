internal import Glibc

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
        let words = text(of: "/proc/self/statm").split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    /// The first 4 KiB of a file of `/proc`; empty when it cannot be read.
    private static func text(of path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private static func countOpenFiles() -> Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // ".", ".." and the directory's own descriptor
    }
}
