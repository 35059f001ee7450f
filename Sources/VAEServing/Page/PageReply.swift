internal import HTTPServer

/// The page and its files, as browsers are given them: nothing is loaded from elsewhere, nothing inline is run, and a
/// copy is asked about before it is used again, so that page and server are always of one version.
struct PageReply {
    let request: HTTPRequest

    /// What the browser enforces. Pictures are made in the page (`blob:`, `data:`); everything else is this server's.
    static let policy =
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"

    func respond(_ operation: Operation) {
        let path = request.path
        if operation == .docs, path.hasSuffix("/") { return redirect(to: "../docs") }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        switch operation {
        case .page: respond(PageFile.index)
        case .docs: respond(PageFile.docs)
        default:
            // A route to a file is only found for a file that exists.
            if let file = PageFile(rawValue: name) { respond(file) }
        }
    }

    private func respond(_ file: PageFile) {
        let isKnown = EntityTag.isKnown(file.tag, to: request)
        var response =
            isKnown
            ? HTTPResponse(status: 304)
            : HTTPResponse(status: 200, contentType: file.contentType, bytes: file.bytes)
        response.setHeader("ETag", file.tag)
        response.setHeader("Cache-Control", "no-cache")
        response.setHeader("Content-Security-Policy", Self.policy)
        response.setHeader("X-Content-Type-Options", "nosniff")
        response.setHeader("Referrer-Policy", "no-referrer")
        request.respond(response)
    }

    /// The page's own links are relative, so that it works under any prefix a proxy gives it; a slash at the end would
    /// lead them astray.
    private func redirect(to place: String) {
        var response = HTTPResponse(status: 308)
        response.setHeader("Location", place)
        request.respond(response)
    }
}
