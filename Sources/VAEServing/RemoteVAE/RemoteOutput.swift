internal import HTTPServer

/// What a remote decode gives back, as the client will read it.
enum RemoteOutput {
    /// Numbers −1…1 `[N, C, H, W]`.
    case signedTensor
    /// Numbers 0…1 `[N, 3, H, W]`: the client makes pictures of them, which PIL refuses with one channel.
    case unitTensor
    /// Bytes `[N, H, W, 3]`, or `[N, H, W]` of grey images: what PIL makes pictures of.
    case bytes
    case png, jpeg

    init(_ request: HTTPRequest, _ query: RemoteQuery) throws(RequestError) {
        let accept = request.header("Accept")?.lowercased() ?? ""
        switch request.query("output_type") {
        case "pt": self = try query.flag("partial_postprocess") ? .bytes : .signedTensor
        case "pil", nil:
            // So asks a client that was given a processor.
            if accept.hasPrefix("tensor/binary") {
                self = .unitTensor
            } else {
                self = try Self.picture(request, accept: accept)
            }
        case "mp4": throw .invalidValue("output_type mp4 is for models of video; this one's can be pil or pt")
        case let text?: throw .invalidValue("output_type must be pil or pt; found \"\(clipped(text))\"")
        }
    }

    private static func picture(_ request: HTTPRequest, accept: String) throws(RequestError) -> RemoteOutput {
        if accept.hasPrefix("image/png") { return .png }
        if accept.hasPrefix("image/jpeg") { return .jpeg }
        switch request.query("image_format") {
        case "png": return .png
        case "jpg", "jpeg", nil: return .jpeg
        case let text?: throw .invalidValue("image_format must be jpg or png; found \"\(clipped(text))\"")
        }
    }
}
