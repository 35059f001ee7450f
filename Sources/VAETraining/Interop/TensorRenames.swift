/// What a file's tensors are to be called instead: `old=new` for whole parts of a name, such as `fc1=encoder.0` for
/// `fc1.weight` and `fc1.bias`, or `module=` to take a part away from the front.
public struct TensorRenames: Sendable {
    private struct Rename {
        let old: String
        let new: String
        var text: String { "\(old)=\(new)" }

        /// `name` with `old` at its front replaced; nil when that is not there, or only a piece of a part of it is.
        func apply(to name: String) -> String? {
            if name == old { return new.isEmpty ? nil : new }
            guard name.hasPrefix(old + ".") else { return nil }
            let rest = name.dropFirst(old.count + 1)
            return new.isEmpty ? String(rest) : "\(new).\(rest)"
        }
    }

    private let renames: [Rename]

    /// Reads `old=new` texts.
    public init(_ texts: [String]) throws(TrainingError) {
        var renames: [Rename] = []
        for text in texts {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw .setting("--rename \(text): expected old=new, such as fc1=encoder.0")
            }
            func trimmed(_ part: Substring) -> String { String(part.hasSuffix(".") ? part.dropLast() : part) }
            let rename = Rename(old: trimmed(parts[0]), new: trimmed(parts[1]))
            if let other = renames.first(where: { $0.old == rename.old }) {
                throw .setting("--rename \(text): --rename \(other.text) is there already")
            }
            renames.append(rename)
        }
        // The longest first: `encoder.fc1` says more about a name than `encoder`.
        self.renames = renames.sorted { ($1.old.count, $0.old) < ($0.old.count, $1.old) }
    }

    /// The new names and what they were; each name is changed at most once. Throws when two become one, and for a
    /// rename that does not change any.
    public func apply(to names: some Collection<String>) throws(TrainingError) -> [String: String] {
        var found: [String: String] = [:]
        var used: Set<String> = []
        for name in names.sorted() {
            var new = name
            for rename in renames {
                guard let changed = rename.apply(to: name) else { continue }
                (new, _) = (changed, used.insert(rename.old))
                break
            }
            if let other = found.updateValue(name, forKey: new) {
                throw .setting("tensors \"\(other)\" and \"\(name)\" would both be called \"\(new)\"")
            }
        }
        if let idle = renames.first(where: { !used.contains($0.old) }) {
            throw .setting(
                "--rename \(idle.text): expected tensors called \"\(idle.old)\" or \"\(idle.old).…\"; found "
                    + TensorMismatch.list(names))
        }
        return found
    }
}
