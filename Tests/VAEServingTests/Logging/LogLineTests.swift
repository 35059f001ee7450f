import FoundationEssentials
import Testing

@testable import VAEServing

@Suite struct LogLineTests {
    private static let nasty = [
        "plain", "", "quote\" slash\\ slash/", "two\nlines\r\n", "\u{1b}[31mred", "tab\t nul\u{0} bell\u{7} del\u{7f}",
        "é 漢 🙂", "c1 \u{9b}31m", "separators \u{2028}\u{2029}", "\u{fffd}", "\"}\n{\"status\":200",
    ]

    @Test(arguments: nasty) func jsonReadsBackAsItWas(_ text: String) throws {
        var line = LogLine()
        line.literal("[\"")
        line.json(text)
        line.literal("\"]")
        let written = line.text()
        #expect(try JSONDecoder().decode([String].self, from: Data(written.utf8)) == [text])
        #expect(written.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) })
    }

    @Test(arguments: nasty) func aTextLineIsVisibleASCII(_ text: String) {
        var line = LogLine()
        line.visible(text)
        let written = line.text()
        #expect(written.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        // Without the escapes there is no quote that could end the field.
        let rest = written.replacing("\\\\", with: "").replacing("\\\"", with: "")
        #expect(!rest.contains("\""))
    }

    @Test func escapesAreThoseOfTheBytes() {
        var line = LogLine()
        line.visible("a\u{1b}é\"\\")
        #expect(line.text() == "a\\x1b\\xc3\\xa9\\\"\\\\")
        var json = LogLine()
        json.json("a\u{1b}é\u{9b}")
        #expect(json.text() == "a\\u001bé\\u009b")
    }

    @Test func longFieldsAreCut() {
        var line = LogLine()
        line.json("abcdefgh", limit: 8)
        line.json("abcdefghi", limit: 8)
        line.visible("abcdefghi", limit: 8)
        #expect(line.text() == "abcdefghabcdefgh…abcdefgh\\xe2\\x80\\xa6")
    }
}
