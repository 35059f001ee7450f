/// Files beside the tests, found by the place of this source file.
enum Fixture {
    static func path(_ name: String, file: String = #filePath) -> String {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return "\(folder)/Fixtures/\(name)"
    }
}
