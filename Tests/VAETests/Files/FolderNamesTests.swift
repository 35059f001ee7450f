import Testing

@testable import VAE

/// What lies in a folder.
@Suite struct FolderNamesTests {
    @Test func namesAreWholeWhateverTheirLength() throws {
        let folder = try ScratchDirectory()
        // Entries of all lengths fill the system's buffer to its end.
        let names = (1...255).map { String(repeating: "n", count: $0) }
        for name in names { try folder.write([1], name) }
        #expect(FolderNames.all(in: folder.path)?.sorted() == names)
    }

    @Test func missingFolderIsNil() { #expect(FolderNames.all(in: "/no such folder") == nil) }
}
