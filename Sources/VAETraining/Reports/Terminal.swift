internal import Glibc

/// What is at the other end of standard output.
enum Terminal {
    /// Whether lines can be overwritten. Under `mpirun` the terminal is its own, whatever it does with the lines.
    static var isInteractive: Bool { unsafe isatty(STDOUT_FILENO) == 1 && getenv("OMPI_COMM_WORLD_SIZE") == nil }

    /// Characters in a line; 80 where nobody knows.
    static var width: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes all of `text` at once and does not mind if nobody reads it.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress! + done, $0.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }
}
