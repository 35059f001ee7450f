// What a VAE can do, with Foundation: swiftc -parse-as-library client.swift && ./client IMAGE [FOLDER].
// VAE_URL and VAE_API_KEY say where, and with which key.
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

struct Posterior: Decodable {
    let model: String
    let mu, sigma: [[Float]]
}

struct Score: Decodable {
    let elbo: [Double]
}

struct Failure: Decodable, Error {
    let error: String
    let status: Int
}

struct Client {
    let url: String
    let key: String?

    /// The reply's body; throws what the service says is wrong.
    func call(_ path: String, image: Data? = nil) async throws -> Data {
        guard let address = URL(string: url + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: address)
        if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
        if let image {
            request.httpMethod = "POST"
            request.httpBody = image
            request.setValue("image/png", forHTTPHeaderField: "Content-Type")
        }
        let (body, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw try JSONDecoder().decode(Failure.self, from: body)
        }
        return body
    }
}

@main struct Example {
    static func main() async throws {
        let (arguments, environment) = (CommandLine.arguments, ProcessInfo.processInfo.environment)
        guard arguments.count > 1 else { fatalError("usage: client IMAGE [FOLDER]") }
        let image = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
        let folder = URL(fileURLWithPath: arguments.count > 2 ? arguments[2] : ".")
        let client = Client(url: environment["VAE_URL"] ?? "http://127.0.0.1:8080", key: environment["VAE_API_KEY"])

        // The posterior of an image, q(z|x) = N(mu, sigma²).
        let posterior = try JSONDecoder().decode(
            Posterior.self, from: try await client.call("/v1/encode", image: image))
        print("mu", posterior.mu[0].map { "\($0)" }.joined(separator: " "))

        // How unusual it is.
        let score = try JSONDecoder().decode(Score.self, from: try await client.call("/v1/score", image: image))
        print("elbo", score.elbo[0])

        // Sixteen new images: equal seeds give equal bytes.
        let samples = try await client.call("/v1/sample?n=16&seed=7&format=png")
        try samples.write(to: folder.appendingPathComponent("samples.png"))
    }
}
