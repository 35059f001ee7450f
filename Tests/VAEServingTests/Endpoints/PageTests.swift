import Testing

@testable import VAEServing

/// The page at `/`, the one at `/docs`, and their files, as they leave the server; Tests/Integration/page.py uses them.
@Suite struct PageTests {
    private let server: TestServer

    init() throws {
        server = try TestServer { directory in try TestModel.write(to: directory.file("digits.safetensors")) }
    }

    @Test(arguments: PageFile.allCases)
    func everyFileIsServedAsItIs(_ file: PageFile) throws {
        let reply = try server.ask(.get("/page/\(file.rawValue)"))
        #expect(reply.status == 200)
        #expect(reply.body == file.bytes && !file.bytes.isEmpty)
        #expect(reply.headers["content-type"] == file.contentType)
        #expect(reply.headers["content-security-policy"] == PageReply.policy)
        #expect(reply.headers["x-content-type-options"] == "nosniff")
        let tag = try #require(reply.headers["etag"])
        let again = try server.ask(.get("/page/\(file.rawValue)", ("If-None-Match", tag)))
        #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
    }

    @Test func tagsTellFilesApart() {
        #expect(Set(PageFile.allCases.map(\.tag)).count == PageFile.allCases.count)
    }

    @Test func pagesAreTheirFiles() throws {
        #expect(try server.ask(.get("/?model=digits")).body == PageFile.index.bytes)
        #expect(try server.ask(.get("/docs")).body == PageFile.docs.bytes)
        let slash = try server.ask(.get("/docs/"))
        #expect(slash.status == 308 && slash.headers["location"] == "../docs")
    }

    /// A file that a page or a script names and that is not compiled in would only be noticed in a browser.
    @Test func whatFilesNameIsThere() throws {
        for file in PageFile.allCases {
            let text = String(decoding: file.bytes, as: UTF8.self)
            for match in text.matches(of: #/(?:page\/|from "\.\/)([a-z-]+\.(?:js|css|svg|html))/#) {
                #expect(PageFile(rawValue: String(match.1)) != nil, "\(file.rawValue) names \(match.1)")
            }
        }
    }
}
