/// Files beside the tests, found by the place of this source file.
enum Fixture {
    static func path(_ name: String) -> String {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return "\(folder.joined(separator: "/"))/Fixtures/\(name)"
    }
}
