import Testing

@testable import VAEServing

@Suite struct MultipartFormTests {
    /// Name, media type and content of each part, or the code of the error.
    private func parts(_ body: String, boundary: String = "b") -> [String] {
        let bytes = Array(body.utf8)
        do throws(RequestError) {
            return try cut(bytes, boundary)
        } catch { return [error.reply.code] }
    }

    private func cut(_ bytes: [UInt8], _ boundary: String) throws(RequestError) -> [String] {
        let result: Result<[String], RequestError> = unsafe bytes.withUnsafeBytes { buffer in
            do throws(RequestError) {
                let form = try unsafe MultipartForm(buffer, boundary: boundary, maximumParts: Self.maximumParts)
                return .success(
                    form.parts.map {
                        "\($0.name)|\(String(decoding: bytes[$0.range], as: UTF8.self))"
                    })
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static let maximumParts = 1024
    private static let named = "Content-Disposition: form-data; name=\"a\""

    @Test(
        arguments: [
            ("--b\r\n\(named)\r\n\r\none\r\n--b--\r\n", ["a|one"]),
            ("--b\r\n\(named)\r\nContent-Type: Image/PNG; x=y\r\n\r\none\r\n--b--", ["a|one"]),
            (
                "--b\r\n\(named)\r\n\r\none\r\n--b\r\ncontent-disposition:form-data;name=z\r\n\r\ntwo\r\n--b--\r\n",
                ["a|one", "z|two"]
            ),
            ("a preamble\r\n--b\r\n\(named)\r\n\r\none\r\n--b--\r\nan epilogue", ["a|one"]),
            ("--b  \r\n\(named)\r\n\r\none\r\n--b--", ["a|one"]),
            ("--b\r\n\(named)\r\n\r\n\r\n--b--", ["a|"]),
            ("--b\r\n\(named)\r\n\r\n\r\n-\r\n--\r\n--\r\r\n--b--", ["a|\r\n-\r\n--\r\n--\r"]),
            ("--b\r\n\(named); filename=\"x.png\"\r\n\r\none\r\n--b--", ["a|one"]),
            ("--b--\r\n", []),
        ] as [(String, [String])])
    func sound(_ body: String, _ expected: [String]) { #expect(parts(body) == expected) }

    @Test(arguments: [
        "--b\r\n\(named)\r\n\r\n--b\r\n--b--", "", "-", "--", "--b", "--b-", "--b\r\n", "--b\r\n\r\n",
        "--b\r\n\r\n\r\n--b--", "--c--", "one two three",
        "--b\r\n\(named)\r\n", "--b\r\n\(named)\r\n\r\none", "--b\r\n\(named)\r\n\r\none\r\n--", "--bx\r\n",
        "--b\r\n\(named)\r\n\r\none\r\n--b", "--b\r\n\(named)\r\n\r\none\r\n--b\r\n", "\r\n\r\n\r\n",
        "--b\r\nContent-Type: image/png\r\n\r\none\r\n--b--", "--b\r\nname=\"a\"\r\n\r\none\r\n--b--",
        "--b12345678901234567890\r\n\(named)\r\n\r\none\r\n--b--",
        "--b\r\nX: " + String(repeating: "x", count: 5000) + "\r\n\r\none\r\n--b--",
    ])
    func hostile(_ body: String) { #expect(parts(body) == ["malformed_body"]) }

    @Test func everyCutIsRefusedOrShorter() {
        let whole = Array("--b\r\n\(Self.named)\r\n\r\none\r\n--b\r\n\(Self.named)\r\n\r\ntwo\r\n--b--".utf8)
        for end in 0..<whole.count {
            let found = parts(String(decoding: whole[..<end], as: UTF8.self))
            #expect(found == ["malformed_body"], "cut at byte \(end)")
        }
    }

    @Test func tooManyParts() {
        let part = "--b\r\n\(Self.named)\r\n\r\n\r\n"
        let most = String(repeating: part, count: Self.maximumParts)
        #expect(parts(most + "--b--").count == Self.maximumParts)
        #expect(parts(most + part + "--b--") == ["too_many_rows"])
    }

    @Test func aBodyOfAlmostBoundariesTakesLinearTime() {
        let boundary = String(repeating: "a", count: 70)
        let near = String(repeating: "\r\n--" + boundary.dropLast(), count: 4000)
        let clock = ContinuousClock()
        let time = clock.measure { #expect(parts(near, boundary: boundary) == ["malformed_body"]) }
        #expect(time < .seconds(5))
    }
}
