/// The two PEM files that make a server speak HTTPS.
public struct HTTPCertificate: Sendable {
    /// The server's certificate, followed by the intermediate ones.
    public let certificateFile: String
    /// The private key, without a password.
    public let keyFile: String

    /// The pair of files, read when the server starts and by `HTTPServer.reloadCertificate`.
    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
