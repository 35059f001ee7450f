internal import Glibc

/// The variables that this process was given.
enum ProcessEnvironment {
    /// Value by name; what is not UTF-8 is repaired.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let line = unsafe String(cString: text)
            if let sign = line.firstIndex(of: "=") {
                variables[String(line[..<sign])] = String(line[line.index(after: sign)...])
            }
            unsafe entry += 1
        }
        return variables
    }
}
