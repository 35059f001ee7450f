internal import CMicroHTTPD

/// What the C callbacks get as their `user` pointer; kept alive until the C server is gone.
final class CallbackContext {
    let handler: any HTTPHandler

    init(handler: any HTTPHandler) { self.handler = handler }

    static func handler(of user: UnsafeMutableRawPointer) -> any HTTPHandler {
        unsafe Unmanaged<CallbackContext>.fromOpaque(user)._withUnsafeGuaranteedRef { $0.handler }
    }
}

extension hs_callbacks {
    /// The bridge from C to the handler of `context`.
    init(calling context: Unmanaged<CallbackContext>) {
        unsafe self.init(
            on_headers: { user, request, status in
                let request = unsafe HTTPRequest(request)
                guard let refusal = unsafe CallbackContext.handler(of: user).admit(request) else { return nil }
                unsafe status.pointee = Int32(clamping: refusal.status)
                let response = HTTPResponse(
                    errorFor: request, status: refusal.status, code: refusal.code, message: refusal.message,
                    headers: refusal.headers)
                return unsafe response.release().handle
            },
            on_request: { user, request in
                unsafe CallbackContext.handler(of: user).handle(HTTPRequest(request))
            },
            on_reply: { user, request, response in
                unsafe CallbackContext.handler(of: user).willReply(HTTPRequest(request), HTTPReplyHeaders(response))
            },
            on_done: { user, request, summary in
                unsafe CallbackContext.handler(of: user)
                    .finished(HTTPRequest(request), HTTPExchangeSummary(summary.pointee))
            },
            on_log: { user, message in
                unsafe CallbackContext.handler(of: user).log(String(cString: message))
            },
            user: context.toOpaque())
    }
}
