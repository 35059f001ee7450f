internal import VAE

/// What is known about a name of the model directory.
struct ModelRecord {
    /// What is served under the name, if anything.
    var loaded: LoadedModel?
    /// Given when the name is first served.
    var slot: Int?
    /// The file's state when it was last loaded or refused; `nil` when it is to be looked at again in any case.
    var version: FileVersion?
    /// Why the file, as it is now, is not what is served.
    var failure: String?
    /// When the file was first found missing, in nanoseconds of `HTTPServer.now`.
    var missingSince: UInt64?
    /// Taken out of service by request, until it is loaded by request.
    var isUnloaded = false
    var loads = 0
    var failures = 0
}
