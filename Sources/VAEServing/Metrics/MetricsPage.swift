/// Prometheus' text format 0.0.4 under construction.
struct MetricsPage {
    /// What a family of samples counts.
    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var text = ""

    init() { text.reserveCapacity(32 << 10) }

    /// Begins a family: all samples that follow, until the next, belong to it.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A sample of the family begun last; `labels` without braces.
    mutating func sample(_ name: String, labels: String = "", _ value: some CustomStringConvertible) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    /// A family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        family(name, kind, help)
        sample(name, value)
    }

    /// The samples of one histogram of the family begun last.
    mutating func histogram(_ name: String, labels: String = "", _ histograms: Histograms, _ index: Int) {
        histograms.render(index, name: name, labels: labels, into: &text)
    }

    /// A label's value: backslash, quote and line feed escaped.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
