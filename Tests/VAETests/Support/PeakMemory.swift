import Glibc

/// The most memory this process ever had resident.
enum PeakMemory {
    /// What tests running at the same time may add: far less than what a malformed file asks for.
    static let allowance = 2 << 30

    static var bytes: Int {
        var usage = rusage()
        let ownProcess: Int32 = 0  // RUSAGE_SELF, which is imported as another type
        unsafe getrusage(ownProcess, &usage)
        return Int(usage.ru_maxrss) * 1024
    }
}
