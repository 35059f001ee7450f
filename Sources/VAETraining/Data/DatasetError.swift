/// Why a data set could not be read. Every case names the file and says what was expected and what was found.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
    /// The system could not open or read the file.
    case unreadable(path: String, reason: String)
    /// The bytes are not what the format demands; `offset` counts from the start of the (unpacked) file.
    case format(path: String, offset: Int, expected: String, found: String)
    /// A line of a text file, from 1, is not what it should be.
    case line(path: String, number: Int, expected: String, found: String)
    /// Files that are sound on their own but do not belong together.
    case mismatch(String)
    /// A folder without the files of a data set.
    case missing(String)
    /// A flag whose value cannot be used, or not with these data; says which and what to do.
    case option(String)

    /// One line for a terminal.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .format(let path, let offset, let expected, let found):
            "\(path): at byte \(offset): expected \(expected), found \(found)"
        case .line(let path, let number, let expected, let found):
            "\(path): line \(number): expected \(expected), found \(found)"
        case .mismatch(let detail), .missing(let detail), .option(let detail): detail
        }
    }
}
