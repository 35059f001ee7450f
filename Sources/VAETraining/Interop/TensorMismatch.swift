internal import VAE

/// How the tensors of a file differ from those that a configuration has: all of it at once, so that one look suffices.
struct TensorMismatch {
    private let missing: [ParameterLayout.Entry]
    /// New names.
    private let unexpected: [String]
    private let wrong: [String]
    private let names: [String: String]
    private let file: SafetensorsFile

    /// Nil when they agree. `names` are those after renaming and what they were.
    init?(_ layout: ParameterLayout, _ names: [String: String], in file: SafetensorsFile) {
        let expected = Set(layout.entries.map(\.name))
        missing = layout.entries.filter { names[$0.name] == nil }
        unexpected = names.keys.filter { !expected.contains($0) }.sorted()
        wrong = layout.entries.compactMap { entry in
            guard let old = names[entry.name], let tensor = file.tensors[old] else { return nil }
            let label = old == entry.name ? old : "\(entry.name) (\(old))"
            guard tensor.shape == entry.shape.extents else {
                return "\(label) should have shape \(entry.shape); it has \(Shape(tensor.shape))"
            }
            guard SafetensorsFile.convertibleTypes.contains(tensor.dataType) else {
                let known = SafetensorsFile.convertibleTypes.joined(separator: ", ")
                return "\(label) should be one of \(known); it is \(tensor.dataType)"
            }
            return nil
        }
        self.names = names
        self.file = file
        if missing.isEmpty, unexpected.isEmpty, wrong.isEmpty { return nil }
    }

    /// Several lines for a terminal.
    var description: String {
        var lines = ["the tensors are not those of the configuration"]
        func add(_ title: String, _ items: [String]) {
            if !items.isEmpty { lines.append("  \(title): \(Self.list(items))") }
        }
        add("missing", missing.map { "\($0.name) \($0.shape)" })
        add("unexpected", unexpected.map { "\($0) \(shape(of: $0))" })
        add("wrong", wrong)
        let suggestions = suggestions
        if !suggestions.isEmpty {
            lines.append("  by their shapes, perhaps: --rename \(suggestions.joined(separator: " "))")
        } else if !missing.isEmpty, !unexpected.isEmpty {
            lines.append("  names that differ: --rename old=new, such as fc1=encoder.0 for fc1.weight and fc1.bias")
        }
        return lines.joined(separator: "\n")
    }

    private func shape(of name: String) -> Shape { Shape(names[name].flatMap { file.tensors[$0]?.shape } ?? []) }

    /// Renames for weights of which only one that is missing and one that is unexpected have the same shape.
    private var suggestions: [String] {
        func candidates(_ shape: Shape) -> (missing: [String], unexpected: [String]) {
            (
                missing.filter { $0.name.hasSuffix(".weight") && $0.shape == shape }.map(\.name),
                unexpected.filter { $0.hasSuffix(".weight") && self.shape(of: $0) == shape }
            )
        }
        return missing.compactMap { entry in
            let (new, old) = candidates(entry.shape)
            guard new == [entry.name], old.count == 1, let name = names[old[0]], name.hasSuffix(".weight") else {
                return nil
            }
            return "\(name.dropLast(".weight".count))=\(entry.name.dropLast(".weight".count))"
        }
    }

    /// For a message, at most twenty of them.
    static func list(_ items: some Collection<String>) -> String {
        let sorted = items.sorted()
        let more = sorted.count > 20 ? ", and \(sorted.count - 20) more" : ""
        return sorted.isEmpty ? "none" : sorted.prefix(20).joined(separator: ", ") + more
    }
}
