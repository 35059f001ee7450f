import Glibc
import HTTPServer
import Synchronization
import Testing

extension OverRealSockets {
    @Suite struct CertificateTests {
        @Test func speaksTLSAndTellsThoseWhoDoNot() throws {
            let certificates = try TestCertificates(["first"])
            let test = try TestServer { $0.certificate = certificates.files }
            #expect(test.server.url == "https://127.0.0.1:\(test.server.port)")
            #expect(status(test, "/hello") == 200)
            #expect(status(test, "/nothing") == 404)
            let client = try test.connect()
            client.send("GET", "/hello")
            let response = try client.response()
            response.expectError(400, code: "tls_expected")
            #expect(response.closes && client.isClosedByServer())
            try test.stop()
        }

        @Test func replacedWhileItServes() throws {
            let certificates = try TestCertificates(["first", "second"])
            let test = try TestServer { $0.certificate = certificates.files }
            #expect(certificates.shown(on: test.server.port) == "first")
            #expect(try !test.server.reloadCertificate())
            certificates.install(certificate: "second", key: "second")
            #expect(certificates.shown(on: test.server.port) == "first")
            #expect(try test.server.reloadCertificate())
            #expect(certificates.shown(on: test.server.port) == "second")
            #expect(try !test.server.reloadCertificate())
            try test.stop()
        }

        @Test func badOneKeepsTheOld() throws {
            let certificates = try TestCertificates(["first", "second"])
            let test = try TestServer { $0.certificate = certificates.files }
            func expectRefusal(_ reason: String, location: SourceLocation = #_sourceLocation) {
                let error = #expect(throws: HTTPServerError.self, sourceLocation: location) {
                    try test.server.reloadCertificate()
                }
                #expect("\(error, default: "none")".contains(reason), sourceLocation: location)
                #expect(certificates.shown(on: test.server.port) == "first", sourceLocation: location)
            }
            certificates.install(certificate: "second", key: "first")
            expectRefusal("server.key is not that of the certificate in")
            certificates.install(certificateText: "no certificate", keyText: "no key")
            expectRefusal("server.pem: expected one to 16 certificates in PEM")
            certificates.install(certificateText: expired.certificate, keyText: expired.key)
            expectRefusal("expired on 2020-01-31")
            shell("rm \(certificates.files.keyFile)")
            expectRefusal("cannot read \(certificates.files.keyFile): No such file")
            certificates.install(certificate: "second", key: "second")
            #expect(try test.server.reloadCertificate())
            #expect(certificates.shown(on: test.server.port) == "second")
            try test.stop()
        }

        @Test func replacedAgainAndAgainUnderLoad() throws {
            let certificates = try TestCertificates(["first", "second"])
            let test = try TestServer {
                $0.certificate = certificates.files
                $0.ioThreads = 2
            }
            let answered = Atomic<Int>(0), over = Atomic<Bool>(false)
            let server = test.server, port = test.server.port
            startThread {
                for turn in 0..<5000 where turn < 20 || answered.load(ordering: .relaxed) <= 20 {
                    let name = turn % 2 == 0 ? "second" : "first"
                    certificates.install(certificate: name, key: name)
                    _ = try? server.reloadCertificate()
                }
                over.store(true, ordering: .releasing)
            }
            concurrently(4) { _ in
                while !over.load(ordering: .acquiring) {
                    let status = HTTPProbe.status(
                        host: "127.0.0.1", port: port, path: "/hello", tls: true, timeout: .seconds(10))
                    guard status == 200 else { return }
                    answered.add(1, ordering: .relaxed)
                }
                answered.add(1_000_000, ordering: .relaxed)
            }
            let count = answered.load(ordering: .relaxed)
            #expect(count / 1_000_000 == 4, "a client was refused")
            #expect(count % 1_000_000 > 20)
            try test.stop()
        }

        @Test func handshakeThatStallsIsCut() throws {
            let certificates = try TestCertificates(["first"])
            let test = try TestServer {
                $0.certificate = certificates.files
                $0.headerTimeout = .milliseconds(600)
            }
            let client = try test.connect()
            client.send([22, 3, 1, 2, 0, 1])
            #expect(throws: Client.Failure.self) { try client.response() }
            #expect(waitUntil { test.server.openConnections == 0 })
            try test.stop()
        }

        @Test func surplusConnectionsAreClosed() throws {
            let certificates = try TestCertificates(["first"])
            let test = try TestServer {
                $0.certificate = certificates.files
                $0.maxConnections = 1
            }
            let kept = try test.connect()
            #expect(waitUntil { test.server.openConnections == 1 })
            #expect(status(test, "/hello") == nil)
            kept.close()
            #expect(waitUntil { test.server.openConnections == 0 })
            #expect(status(test, "/hello") == 200)
            try test.stop()
        }

        @Test func doesNotStartWithABadOne() throws {
            let certificates = try TestCertificates(["first", "second"])
            certificates.install(certificate: "first", key: "second")
            let message =
                "the key in \(certificates.files.keyFile) is not that of the certificate in \(certificates.files.certificateFile)"
            #expect(throws: HTTPServerError.cannotStart(message)) {
                try TestServer { $0.certificate = certificates.files }
            }
        }

        @Test func nothingToReplaceWithoutTLS() throws {
            let test = try TestServer()
            #expect(try !test.server.reloadCertificate())
            try test.stop()
        }

        private func status(_ test: TestServer, _ path: String) -> Int? {
            HTTPProbe.status(
                host: "127.0.0.1", port: test.server.port, path: path, tls: true, timeout: .seconds(10))
        }

        /// Good in January 2020 only: made with `openssl ca -selfsign -startdate 20200101000000Z -enddate 20200131000000Z`.
        private let expired = (
            certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBHzCBxQIUZYsdK/fCBd/DGbfoxRwbDoY2xPAwCgYIKoZIzj0EAwIwEjEQMA4G
            A1UEAwwHZXhwaXJlZDAeFw0yMDAxMDEwMDAwMDBaFw0yMDAxMzEwMDAwMDBaMBIx
            EDAOBgNVBAMMB2V4cGlyZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR57kYh
            +l/vokiLOVR2BF/IOe6biZUA/2eHdXNQiogXFaHuxlJmEcULN3hGQNc7Ru4tJKCA
            u8b6lQ0C5AGiUsu2MAoGCCqGSM49BAMCA0kAMEYCIQCpuWIWxiOBze41DgV/RBgb
            GLC56PxS6scwHcNTdN6e6gIhAPIDYm/RKt5eO3hAmNWPJxD7kRbZSDL3KXrlZ95V
            UzwW
            -----END CERTIFICATE-----
            """,
            key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgu/nEQOuLZXD0qiez
            jnFWcpgLHQ5+AowWsZt+fnht+xuhRANCAAR57kYh+l/vokiLOVR2BF/IOe6biZUA
            /2eHdXNQiogXFaHuxlJmEcULN3hGQNc7Ru4tJKCAu8b6lQ0C5AGiUsu2
            -----END PRIVATE KEY-----
            """
        )
    }
}
