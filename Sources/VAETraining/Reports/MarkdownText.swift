/// Text for a page of Markdown.
enum MarkdownText {
    /// Longest line of a paragraph, in characters.
    static let width = 116

    /// `text` as it can stand in a table, too.
    static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }

    /// `text` in lines of at most `width` characters, where its words allow.
    static func paragraph(_ text: String) -> String {
        var lines: [String] = []
        for word in escaped(text).split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n")
    }
}
