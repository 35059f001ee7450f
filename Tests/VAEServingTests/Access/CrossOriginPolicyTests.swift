import Testing

@testable import VAEServing

@Suite struct CrossOriginPolicyTests {
    @Test func originsAreComparedWhole() throws {
        let policy = try #require(
            try CrossOriginPolicy(["https://a.example, http://localhost:3000", "http://[::1]:1"]))
        for origin in ["https://a.example", "http://localhost:3000", "http://[::1]:1"] {
            #expect(policy.allowed(origin) == origin)
        }
        for origin in [
            "http://a.example", "https://a.example:443", "https://b.a.example", "https://a.example.evil", "null", "",
            "*",
            "http://localhost", "https://a.exampl",
        ] {
            #expect(policy.allowed(origin) == nil, "\(origin)")
        }
    }

    @Test func aStarAllowsAll() throws {
        let policy = try #require(try CrossOriginPolicy(["https://a.example,*"]))
        #expect(policy.allowed("https://anything.example") == "*" && policy.allowed("null") == "*")
    }

    @Test func noOriginsNoPolicy() throws {
        #expect(try CrossOriginPolicy([]) == nil)
        #expect(try CrossOriginPolicy(["", " , "]) == nil)
    }

    @Test(arguments: [
        "a.example", "https://", "https://a.example/", "https://a.example/path", "https://A.example", "ftp://a.example",
        "null", "https://*.example", "https://a example", "https://a.example\r\nX: y", "**",
    ])
    func whatIsNoOriginIsRefused(_ text: String) {
        do throws(CrossOriginPolicy.InvalidOrigin) {
            _ = try CrossOriginPolicy(["https://a.example", text])
            Issue.record("\(text) was taken")
        } catch { #expect(error.found == text && error.description.contains("scheme://host")) }
    }
}
