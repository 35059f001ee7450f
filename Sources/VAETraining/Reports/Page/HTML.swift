internal import FoundationEssentials

/// Text that becomes part of a page.
enum HTML {
    /// `text` as it can stand between tags and in attributes.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    /// A PNG file as a picture that is part of the page.
    static func image(png: [UInt8], alternative: String) -> String {
        let size = PNGHeader(png).map { " width=\"\($0.width)\" height=\"\($0.height)\"" } ?? ""
        let data = Data(png).base64EncodedString()
        return "<img\(size) alt=\"\(escaped(alternative))\" src=\"data:image/png;base64,\(data)\">"
    }

    /// A card of the page; `content` is markup.
    static func section(_ title: String, note: String? = nil, _ content: String) -> String {
        let note = note.map { "<p class=\"note\">\(escaped($0))</p>\n" } ?? ""
        return "<section><h2>\(escaped(title))</h2>\n\(note)\(content)</section>\n"
    }

    /// Lines of cells; the first cell of a line names it, and so does `head` each column.
    static func table(head: [String] = [], rows: [[String]], kind: String = "") -> String {
        var table = "<table\(kind.isEmpty ? "" : " class=\"\(kind)\"")>"
        if !head.isEmpty {
            table += "<thead><tr>" + head.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined() + "</tr></thead>"
        }
        table += "<tbody>"
        for row in rows {
            table += "<tr><th scope=\"row\">\(escaped(row.first ?? ""))</th>"
            table += row.dropFirst().map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
        }
        return table + "</tbody></table>\n"
    }
}
