import Glibc
import HTTPServer
import Testing

/// A directory of certificates made with `openssl`, and the two files a server is given, which can be replaced.
@safe
final class TestCertificates: Sendable {
    let directory: String
    let files: HTTPCertificate

    /// Makes `name`.pem and `name`.key for each name and puts the first in the server's files.
    init(_ names: [String]) throws {
        var template = Array("/tmp/vae-certificates-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) != nil }
        try #require(made)
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        files = HTTPCertificate(certificateFile: "\(directory)/server.pem", keyFile: "\(directory)/server.key")
        for name in names {
            shell(
                """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=\(name) \
                -keyout \(directory)/\(name).key -out \(directory)/\(name).pem 2>&1
                """)
        }
        install(certificate: names[0], key: names[0])
    }

    deinit { shell("rm -r \(directory)") }

    func install(certificate: String, key: String) {
        shell("cd \(directory) && cp \(certificate).pem server.pem && cp \(key).key server.key")
    }

    /// Writes both files with these texts.
    func install(certificateText: String, keyText: String) {
        shell("cd \(directory) && echo '\(certificateText)' > server.pem && echo '\(keyText)' > server.key")
    }

    /// The name in the certificate that a server shows, as `openssl` sees it.
    func shown(on port: UInt16) -> String {
        shell(
            """
            timeout 10 openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | \
            openssl x509 -noout -subject -nameopt multiline | sed -n 's/.*commonName *= //p'
            """)
    }
}

/// What a shell command prints, without the last line break.
@discardableResult
func shell(_ command: String) -> String {
    guard let stream = unsafe popen(command, "r") else { return "" }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, stream)
        guard count > 0 else { break }
        output += buffer.prefix(count)
    }
    unsafe pclose(stream)
    if output.last == UInt8(ascii: "\n") { output.removeLast() }
    return String(decoding: output, as: UTF8.self)
}
