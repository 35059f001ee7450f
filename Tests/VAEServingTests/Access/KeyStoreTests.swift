import Glibc
import Testing

@testable import VAEServing

@Suite struct KeyStoreTests {
    private let directory: ScratchDirectory
    private let path: String

    init() throws {
        directory = try ScratchDirectory()
        path = directory.file("keys")
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
        try directory.write(Array(text.utf8), "keys")
        #expect(unsafe chmod(path, mode) == 0)
    }

    private func failure(_ text: String) throws -> KeyFileError? {
        try write(text)
        do throws(KeyFileError) {
            _ = try KeyFile.read(path)
            return nil
        } catch { return error }
    }

    @Test func oneKeyALine() throws {
        try write("# team a\nalpha-key-0123456\n\n  beta-key-01234567\t\r\n#no\ngamma-key-0123456")
        let (keys, isExposed) = try KeyFile.read(path)
        #expect(keys == ["alpha-key-0123456", "beta-key-01234567", "gamma-key-0123456"])
        #expect(!isExposed)
    }

    @Test func whatCannotBeAKeyIsRefusedWithItsLine() throws {
        let good = "alpha-key-0123456\n"
        #expect(try failure("") == .empty(path))
        #expect(try failure("# only\n\n") == .empty(path))
        #expect(try failure(good + "fifteen-letters") == .wrongLength("\(path), line 2", 15))
        #expect(try failure("\n" + String(repeating: "k", count: 257)) == .wrongLength("\(path), line 2", 257))
        #expect(try failure(good + "with a blank 0123456\n") == .notVisibleASCII("\(path), line 2"))
        #expect(try failure("schlüssel-0123456789\n") == .notVisibleASCII("\(path), line 1"))
        #expect(try failure("nul-\0-0123456789abcdef\n") == .notVisibleASCII("\(path), line 1"))
        #expect(try failure(String(repeating: "#\n", count: 40_000)) == .tooLarge(path))
        #expect(try failure(String(repeating: good, count: 257)) == .tooManyKeys(path, 257))
        #expect(try failure(String(repeating: good, count: 256)) == nil)
        for error in [KeyFileError.empty(path), .wrongLength("p, line 2", 3)] {
            #expect(!error.description.contains("alpha"), "an error must not tell a key")
        }
    }

    @Test func aFileThatIsNoneIsRefused() throws {
        for path in [directory.file("missing"), directory.path] {
            do throws(KeyFileError) {
                _ = try KeyFile.read(path)
                Issue.record("\(path) was read")
            } catch {
                guard case .unreadable(path, let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!reason.isEmpty)
            }
        }
    }

    @Test func aFileOpenToEveryoneIsWarnedOf() throws {
        var warnings: [String] = []
        try write("alpha-key-0123456\n", mode: 0o644)
        _ = try KeyStore(file: path, environmentKey: nil) { warnings.append($0) }
        #expect(warnings.count == 1 && warnings[0].contains(path) && warnings[0].contains("chmod 600"))
        try write("alpha-key-0123456\n", mode: 0o640)
        _ = try KeyStore(file: path, environmentKey: nil) { warnings.append($0) }
        #expect(warnings.count == 1)
    }

    @Test func theSchemeIsBearerInAnyCase() throws {
        let store = try #require(try KeyStore(file: nil, environmentKey: "environment-key-01") { _ in })
        for good in ["Bearer environment-key-01", "bearer environment-key-01", "BEARER   environment-key-01"] {
            #expect(store.accepts(authorization: good), "\(good)")
        }
        for bad in [
            "", "Bearer", "Bearer ", "environment-key-01", "Basic environment-key-01", "Bearer environment-key-02",
            "Bearer environment-key-01,", "Bearerenvironment-key-01", "Bearer environment-key-01 x", "béarer x",
        ] {
            #expect(!store.accepts(authorization: bad), "\(bad)")
        }
    }

    @Test func withoutAFileAndAKeyThereIsNoStore() throws {
        #expect(try KeyStore(file: nil, environmentKey: nil) { _ in } == nil)
        #expect(throws: KeyFileError.wrongLength("VAE_API_KEY", 5)) {
            try KeyStore(file: nil, environmentKey: "short") { _ in }
        }
    }

    @Test func reloadingTakesTheNewKeysAndABadFileChangesNothing() throws {
        try write("alpha-key-0123456\n")
        let store = try #require(try KeyStore(file: path, environmentKey: "environment-key-01") { _ in })
        func opens(_ key: String) -> Bool { store.accepts(authorization: "Bearer \(key)") }
        #expect(opens("alpha-key-0123456") && opens("environment-key-01") && !opens("beta-key-01234567"))
        try write("beta-key-01234567\ngamma-key-0123456\n")
        #expect(try store.reload { _ in } == 3)
        #expect(!opens("alpha-key-0123456") && opens("environment-key-01") && opens("beta-key-01234567"))
        try write("short\n")
        #expect(throws: KeyFileError.wrongLength("\(path), line 1", 5)) { try store.reload { _ in } }
        #expect(opens("beta-key-01234567") && opens("gamma-key-0123456"))
    }
}
