internal import Glibc
internal import VAE

/// What the kernel says of this process.
struct ProcessStatus {
    let residentBytes: Int
    let virtualBytes: Int
    let threads: Int
    let cpuSeconds: Double
    let openFiles: Int
    let maximumFiles: Int

    static var current: ProcessStatus {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        var files = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let fields = StatFields()
        return ProcessStatus(
            residentBytes: fields[24] * sysconf(Int32(_SC_PAGESIZE)), virtualBytes: fields[23], threads: fields[20],
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), openFiles: countOpenFiles(),
            maximumFiles: Int(clamping: files.rlim_cur))
    }

    /// When the process started, in seconds since 1970. Worked out once, so that it never moves.
    static let startSeconds: Double = {
        var (real, sinceBoot) = (timespec(), timespec())
        unsafe clock_gettime(CLOCK_REALTIME, &real)
        unsafe clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 }
        let started = Double(StatFields()[22]) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return ((seconds(real) - seconds(sinceBoot) + started) * 100).rounded() / 100
    }()

    /// The numbers of `/proc/self/stat`, as proc(5) counts them.
    private struct StatFields {
        private let words: [Substring]

        init() {
            // The second field is the program's name in parentheses, which may hold anything.
            let text = SystemFile.text(of: "/proc/self/stat")
            words = text.lastIndex(of: ")").map { text[text.index(after: $0)...].split(separator: " ") } ?? []
        }

        subscript(field: Int) -> Int { words.indices.contains(field - 3) ? Int(words[field - 3]) ?? 0 : 0 }
    }

    private static func countOpenFiles() -> Int {
        var info = stat()
        // Linux 6.2 tells the number as the directory's size; before that it must be counted.
        if unsafe stat("/proc/self/fd", &info) == 0 && info.st_size > 0 { return Int(info.st_size) }
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // ".", ".." and the directory's own descriptor
    }

    func render(into page: inout MetricsPage) {
        page.single("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", residentBytes)
        page.single("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.", virtualBytes)
        page.single("process_cpu_seconds_total", .counter, "Total user and system CPU time in seconds.", cpuSeconds)
        page.single("process_threads", .gauge, "Number of threads.", threads)
        page.single("process_open_fds", .gauge, "Number of open file descriptors.", openFiles)
        page.single("process_max_fds", .gauge, "Maximum number of open file descriptors.", maximumFiles)
        page.single(
            "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.",
            Self.startSeconds)
    }
}
