internal import Synchronization

/// The bearer keys in force: those of a file, which can be read again while requests come in, and one of the
/// environment.
package final class KeyStore: Sendable {
    private let file: String?
    private let environmentKey: String?
    /// Locked for the copy of one reference.
    private let keys: Mutex<AccessKeys>

    /// Reads the keys; `nil` when there is neither a file nor a key. `warn` gets a sentence when the file is open to
    /// everyone.
    package init?(file: String?, environmentKey: String?, warn: (String) -> Void) throws(KeyFileError) {
        guard file != nil || environmentKey != nil else { return nil }
        self.file = file
        self.environmentKey = environmentKey
        keys = Mutex(try Self.read(file, environmentKey, warn))
    }

    /// Reads the file again; when that fails the keys stay as they were. Returns how many there are now.
    package func reload(warn: (String) -> Void) throws(KeyFileError) -> Int {
        let fresh = try Self.read(file, environmentKey, warn)
        keys.withLock { $0 = fresh }
        return fresh.count
    }

    /// Whether the value of an `Authorization` header carries one of the keys.
    func accepts(authorization: String) -> Bool {
        let scheme = "bearer "
        guard authorization.utf8.count > scheme.utf8.count, authorization.prefix(scheme.count).lowercased() == scheme
        else { return false }
        let current = keys.withLock { $0 }
        return current.contains(authorization.dropFirst(scheme.count).drop { $0 == " " })
    }

    private static func read(
        _ file: String?, _ environmentKey: String?, _ warn: (String) -> Void
    ) throws(KeyFileError) -> AccessKeys {
        var keys: [String] = []
        if let environmentKey {
            try KeyFile.check(environmentKey.utf8, "VAE_API_KEY")
            keys.append(environmentKey)
        }
        if let file {
            let (found, isExposed) = try KeyFile.read(file)
            if isExposed { warn("everyone on this machine can read the key file \"\(file)\"; chmod 600 it") }
            keys += found
        }
        return AccessKeys(keys)
    }
}
