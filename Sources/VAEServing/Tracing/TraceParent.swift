internal import HTTPServer

/// A sound `traceparent` of a request, W3C Trace Context level 1: `00-{trace id}-{parent id}-{flags}`.
///
/// This service makes no spans of its own, so it hands on what it was given: the trace id into its log, and the whole
/// in the reply, where a client or a proxy finds it again. A response header of that kind is no recommendation yet
/// (`traceresponse`, a draft, names a span of the server's).
struct TraceParent: Equatable {
    /// `version-trace-parent-flags`, of version 00 whatever the version that came: what later ones add is unknown.
    let value: String

    /// 32 hexadecimal digits.
    var traceID: Substring { value.dropFirst(3).prefix(32) }

    /// The one of `request`; `nil` without one, with several, or with an unsound one, which is as good as none.
    init?(_ request: HTTPRequest) {
        guard let value = request.withTraceParent({ Self.normalised($0) }) else { return nil }
        self.value = value
    }

    /// Reads the header's value.
    init?(_ text: String) {
        guard let value = Self.normalised(Array(text.utf8).span) else { return nil }
        self.value = value
    }

    private static func normalised(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
        guard isHex(bytes, 0..<2), isHex(bytes, 3..<35), isHex(bytes, 36..<52), isHex(bytes, 53..<55) else {
            return nil
        }
        let isCurrent = bytes[0] == zero && bytes[1] == zero
        let isForbidden = bytes[0] == UInt8(ascii: "f") && bytes[1] == UInt8(ascii: "f")
        // A later version may go on behind the flags, after another dash.
        guard !isForbidden, bytes.count == 55 || (!isCurrent && bytes[55] == dash) else { return nil }
        guard !(3..<35).allSatisfy({ bytes[$0] == zero }), !(36..<52).allSatisfy({ bytes[$0] == zero }) else {
            return nil
        }
        return "00" + String(decoding: (2..<55).map { bytes[$0] }, as: UTF8.self)
    }

    private static let dash = UInt8(ascii: "-")
    private static let zero = UInt8(ascii: "0")

    /// Lower case only, as the specification has it.
    private static func isHex(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.allSatisfy { index in
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            default: false
            }
        }
    }
}
