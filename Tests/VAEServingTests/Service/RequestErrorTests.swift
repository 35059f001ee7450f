import Testing
import VAE

@testable import VAEServing

@Suite struct RequestErrorTests {
    @Test(arguments: [
        (ImageError.notAnImage("x"), 400, "malformed_image"), (.corrupt("x"), 400, "malformed_image"),
        (.unsupportedFormat("x"), 415, "unsupported_media_type"), (.tooLarge("x"), 413, "image_too_large"),
        (.outOfMemory("x"), 500, "internal_error"), (.invalidArgument("x"), 500, "internal_error"),
    ])
    func imageErrors(_ error: ImageError, _ status: Int, _ code: String) {
        let reply = RequestError(error, what: "part \"a\"").reply
        #expect(reply.status == status)
        #expect(reply.code == code)
        #expect(reply.message == "part \"a\": x")
    }

    @Test(arguments: [
        (JSONError.Kind.malformed, 400, "malformed_body"), (.documentTooLarge, 413, "body_too_large"),
        (.unexpected, 422, "invalid_value"), (.tooManyValues, 422, "invalid_shape"),
        (.outOfMemory, 500, "internal_error"),
    ])
    func jsonErrors(_ kind: JSONError.Kind, _ status: Int, _ code: String) {
        let reply = RequestError(JSONError(kind, "why")).reply
        #expect(reply.status == status)
        #expect(reply.code == code)
        #expect(reply.message == "why")
    }

    @Test func headersThatBelongToErrors() {
        #expect(
            RequestError.methodNotAllowed("", allowed: "GET, HEAD").headers.first ?? ("", "") == ("Allow", "GET, HEAD"))
        #expect(RequestError.queueFull("", retryAfter: 3).headers.first ?? ("", "") == ("Retry-After", "3"))
        #expect(RequestError.draining("").headers.first ?? ("", "") == ("Retry-After", "1"))
        #expect(RequestError.checkpointChanging("").headers.first ?? ("", "") == ("Retry-After", "1"))
        #expect(RequestError.invalidValue("").headers.isEmpty)
    }

    @Test func aKernelThatFailsIsNotTheClientsFault() {
        #expect(RequestError(ModelError.kernel("out of memory")).reply.status == 500)
    }
}
