internal import HTTPServer
internal import VAE

/// A request that cannot be answered as asked. Each case's text says what was expected and what was found.
enum RequestError: Error {
    case malformedBody(String)
    case malformedImage(String)
    case unknownParameter(String)
    case unauthorized(String, challenge: String)
    case unknownModel(String)
    case unknownRoute(String)
    case methodNotAllowed(String, allowed: String)
    case notAcceptable(String)
    case bodyTooLarge(String)
    case imageTooLarge(String)
    case tooManyRows(String)
    case unsupportedMediaType(String)
    case checkpointChanging(String)
    case modelInUse(String)
    case unusableCheckpoint(String)
    case invalidShape(String)
    case invalidValue(String)
    case nonFiniteResult(String)
    case queueFull(String, retryAfter: Int)
    case draining(String)
    case deadlineExceeded(String)
    /// Nobody reads the reply; it exists because every request gets one.
    case clientGone
    case overloaded(String)
    case internalError(String)

    /// The one table from error to status and code.
    var reply: (status: Int, code: String, message: String) {
        switch self {
        case .malformedBody(let text): (400, "malformed_body", text)
        case .malformedImage(let text): (400, "malformed_image", text)
        case .unknownParameter(let text): (400, "unknown_parameter", text)
        case .unauthorized(let text, _): (401, "unauthorized", text)
        case .unknownModel(let text): (404, "unknown_model", text)
        case .unknownRoute(let text): (404, "unknown_route", text)
        case .methodNotAllowed(let text, _): (405, "method_not_allowed", text)
        case .notAcceptable(let text): (406, "not_acceptable", text)
        case .checkpointChanging(let text): (409, "checkpoint_changing", text)
        case .modelInUse(let text): (409, "model_in_use", text)
        case .bodyTooLarge(let text): (413, "body_too_large", text)
        case .imageTooLarge(let text): (413, "image_too_large", text)
        case .tooManyRows(let text): (413, "too_many_rows", text)
        case .unsupportedMediaType(let text): (415, "unsupported_media_type", text)
        case .invalidShape(let text): (422, "invalid_shape", text)
        case .invalidValue(let text): (422, "invalid_value", text)
        case .nonFiniteResult(let text): (422, "non_finite_result", text)
        case .unusableCheckpoint(let text): (422, "unusable_checkpoint", text)
        case .queueFull(let text, _): (429, "queue_full", text)
        case .internalError(let text): (500, "internal_error", text)
        case .draining(let text): (503, "draining", text)
        case .overloaded(let text): (503, "overloaded", text)
        case .deadlineExceeded(let text): (504, "deadline_exceeded", text)
        case .clientGone: (503, "client_gone", "the client closed its connection before the request was answered")
        }
    }

    /// Header lines that belong to the error.
    var headers: [(String, String)] {
        switch self {
        case .unauthorized(_, let challenge): [("WWW-Authenticate", challenge)]
        case .methodNotAllowed(_, let allowed): [("Allow", allowed)]
        case .queueFull(_, let seconds): [("Retry-After", String(seconds))]
        case .draining, .overloaded, .checkpointChanging: [("Retry-After", "1")]
        default: []
        }
    }

    /// An upload that the image libraries refused.
    init(_ error: ImageError, what: String) {
        let text = "\(what): \(error)"
        self =
            switch error {
            case .notAnImage, .corrupt: .malformedImage(text)
            case .unsupportedFormat: .unsupportedMediaType(text)
            case .tooLarge: .imageTooLarge(text)
            case .outOfMemory, .invalidArgument: .internalError(text)
            }
    }

    /// JSON that is none, or not what was expected.
    init(_ error: JSONError) {
        let text = error.description
        self =
            switch error.kind {
            case .malformed: .malformedBody(text)
            case .documentTooLarge: .bodyTooLarge(text)
            case .unexpected: .invalidValue(text)
            case .tooManyValues: .invalidShape(text)
            case .outOfMemory: .internalError(text)
            }
    }

    /// A kernel that failed: never the client's doing.
    init(_ error: ModelError) { self = .internalError(error.description) }
}

extension RequestError {
    /// The same as `operation` words it: the Open Inference Protocol's servers say 400 to whatever is wrong with a
    /// request, and its clients know neither 409 nor 422.
    func reply(to operation: Operation?) -> (status: Int, code: String, message: String) {
        let reply = reply
        guard let operation, operation.isOpenInference, reply.status == 422 || reply.status == 409 else { return reply }
        return (400, reply.code, reply.message)
    }
}

extension HTTPRequest {
    /// Answers with the project's JSON error.
    func respond(_ error: RequestError) {
        let (status, code, message) = error.reply(to: RequestTag(tag).knownOperation)
        respond(error: status, code: code, message: message, headers: error.headers)
    }
}
