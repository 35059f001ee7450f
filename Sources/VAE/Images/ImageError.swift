internal import CImageCodecs

/// Why an image was not read or written. Each message says what was expected and what was found.
public enum ImageError: Error, Equatable, Sendable {
    /// The bytes begin like no known image format.
    case notAnImage(String)
    /// An image in a format, or a kind of JPEG, that is not decoded.
    case unsupportedFormat(String)
    /// Cut short, a failed checksum, or against the rules of its format.
    case corrupt(String)
    /// More pixels, a longer side or more scans than the limits allow.
    case tooLarge(String)
    /// No memory for it at this moment.
    case outOfMemory(String)
    /// The caller's shape, count or buffer do not fit together.
    case invalidArgument(String)
}

extension ImageError: CustomStringConvertible {
    /// The message.
    public var description: String {
        switch self {
        case .notAnImage(let message), .unsupportedFormat(let message), .corrupt(let message), .tooLarge(let message),
            .outOfMemory(let message), .invalidArgument(let message):
            message
        }
    }
}

extension ImageError {
    /// Runs a C call that fills in an `ic_failure` when its status is not `IC_OK`.
    static func check(_ call: (inout ic_failure) -> ic_status) throws(ImageError) {
        var failure = ic_failure()
        let status = call(&failure)
        if status != IC_OK { throw ImageError(status, failure) }
    }

    private init(_ status: ic_status, _ failure: ic_failure) {
        let message = unsafe withUnsafeBytes(of: failure.message) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self =
            switch status {
            case IC_NOT_AN_IMAGE: .notAnImage(message)
            case IC_UNSUPPORTED_FORMAT: .unsupportedFormat(message)
            case IC_CORRUPT: .corrupt(message)
            case IC_TOO_LARGE: .tooLarge(message)
            case IC_OUT_OF_MEMORY: .outOfMemory(message)
            default: .invalidArgument(message)
            }
    }
}
