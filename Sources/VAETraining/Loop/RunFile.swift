/// Flags of a run in a file: `name = value` a line, `#` before what is said to the reader.
///
///     # The VAE of the PyTorch examples.
///     data = data/mnist
///     hidden = 400
///     binarise = yes
///
/// A value has several words where the flag takes several; quotes keep a word together.
public enum RunFile {
    /// More is no list of flags.
    static let maximumBytes = 1 << 16

    /// `arguments` with `--config FILE` replaced by the flags of the file that are not among them.
    public static func expand(
        _ arguments: [String], kind: (String) -> FlagKind?
    ) throws(TrainingError) -> [String] {
        let places = arguments.indices.filter { arguments[$0] == "--config" || arguments[$0].hasPrefix("--config=") }
        guard let place = places.first else { return arguments }
        guard places.count == 1 else {
            throw .setting(
                "--config: given \(places.count) times; expected one file, whose flags those beside it overrule")
        }
        var rest = arguments
        let path: String
        if arguments[place] == "--config" {
            guard place + 1 < arguments.count else { return arguments }
            path = arguments[place + 1]
            rest.removeSubrange(place...place + 1)
        } else {
            path = String(arguments[place].dropFirst("--config=".count))
            rest.remove(at: place)
        }
        let words = try read(path, kind: kind, except: names(in: rest))
        // Behind the name of the command, before the flags that win.
        rest.insert(contentsOf: words, at: rest.first.map { $0.hasPrefix("-") ? 0 : 1 } ?? 0)
        return rest
    }

    /// The flags among `arguments`, without their hyphens.
    static func names(in arguments: [String]) -> Set<Substring> {
        Set(arguments.compactMap { $0.hasPrefix("--") ? $0.dropFirst(2).prefix { $0 != "=" } : nil })
    }

    private static func read(
        _ path: String, kind: (String) -> FlagKind?, except given: Set<Substring>
    ) throws(TrainingError) -> [String] {
        let bytes: [UInt8]
        do throws(DatasetError) { bytes = try DataFile.read(path) } catch {
            throw .setting("--config \(error)")
        }
        guard bytes.count <= maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw .setting("--config \(path): expected at most \(maximumBytes) bytes of UTF-8 text")
        }
        var words: [String] = []
        var lines: [Substring: Int] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            func fail(_ problem: String) -> TrainingError { .setting("\(path), line \(index + 1): \(problem)") }
            let tokens = try self.tokens(line, fail: fail)
            guard let name = tokens.first.map({ Substring($0) }) else { continue }
            guard tokens.count >= 3, tokens[1] == "=" else {
                throw fail("expected \"name = value\", found \"\(line)\"")
            }
            guard let kind = kind(String(name)), name != "config", name != "resume" else {
                throw fail("\"\(name)\" is no flag of vae-trainer train; see vae-trainer train --help")
            }
            if let before = lines.updateValue(index + 1, forKey: name) {
                throw fail("\"\(name)\" is set in line \(before) already")
            }
            guard let more = kind.arguments(String(name), Array(tokens.dropFirst(2))) else {
                throw fail("\"\(name)\": expected yes or no, found \"\(tokens.dropFirst(2).joined(separator: " "))\"")
            }
            if !given.contains(name) { words += more }
        }
        return words
    }

    /// The words of a value by itself.
    static func words(_ value: Substring, fail: (String) -> TrainingError) throws(TrainingError) -> [String] {
        Array(try tokens("value = \(value)", fail: fail).dropFirst(2))
    }

    /// The words of a line, without its comment; `=` outside quotes is a word of its own, the first time.
    private static func tokens(
        _ line: Substring, fail: (String) -> TrainingError
    ) throws(TrainingError) -> [String] {
        var tokens: [String] = []
        var word: String?
        var quote: Character?
        func end() {
            if let word { tokens.append(word) }
            word = nil
        }
        for character in line {
            switch character {
            case let character where quote == character: quote = nil
            case let character where quote != nil: word = (word ?? "") + String(character)
            case "\"", "'":
                quote = character
                word = word ?? ""
            case "#" where word == nil:
                end()
                return tokens
            case " ", "\t", "\r": end()
            case "=" where tokens.count + (word == nil ? 0 : 1) == 1:
                end()
                tokens.append("=")
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw fail("the quotation has no end") }
        end()
        return tokens
    }
}
