import ArgumentParser
import VAEServing

/// Who may ask, and which web pages may read the answers.
struct AccessFlags: ParsableArguments {
    @Option(help: "File of bearer keys, one a line; requests without one get 401. VAE_API_KEY holds a single key.")
    var apiKeysFile: String?

    @Option(help: "Origin whose web pages may read replies, such as https://app.example.com, or *; several by commas.")
    var corsOrigin: [String] = []

    func validate() throws {
        do { _ = try CrossOriginPolicy(corsOrigin) } catch { throw ValidationError("--cors-origin: \(error)") }
    }

    func apply(to settings: inout ServerSettings) {
        settings.apiKeysFile = apiKeysFile
        settings.apiKey = EnvironmentFlags.apiKey
        settings.crossOrigins = corsOrigin
    }
}
