internal import VAE

extension ModelCard {
    /// How the model is used: lines for a shell, all of which work with it.
    var use: String {
        if case .classifier = wording.model {
            return """
                ```sh
                vae-trainer evaluate --model models/\(name).safetensors --data …   # its error rate on the test images
                ```

                vae-server does not serve classifiers; another model may begin with this one's weights (`--start-from`).

                """
        }
        let lines = ["vae-server --models models        # or: make serve"] + calls.map { "curl " + $0 }
        return "```sh\n\(lines.joined(separator: "\n"))\n```\n"
    }

    /// What follows `curl`.
    private var calls: [String] {
        let model = "localhost:8080/v1/models/\(name)"
        if architecture.normalisesInput {
            let json = "-H 'Content-Type: application/json' \(model)"
            let count = min(10, architecture.inputCount)
            return [
                "\(json)/recommend \\\n    -d \(Shell.quoted("{\"items\": [\(choices)], \"n\": \(count)}"))",
                "\(json)/encode \\\n    -d \(Shell.quoted("{\"items\": [\(choices)]}"))",
            ]
        }
        // Rows of zeros and ones that are no pictures: the server takes them as numbers, too many to show.
        guard !wording.isOfUsers else { return [model] }
        let image = "--data-binary @image.png -H 'Content-Type: image/png'"
        let (only, further) = wording.isConditional ? ("?label=0", "&label=0") : ("", "")
        let encode = "\(image) \(Self.address("\(model)/encode\(only)"))"
        let picture =
            wording.hasKL
            ? "-o samples.png '\(model)/sample?n=64&seed=\(checkpoint.training.seed ?? 1)&format=png\(further)'"
            : "\(image) -o reconstruction.png '\(model)/reconstruct?format=png\(further)'"
        return [encode, picture]
    }

    /// The first items as a list, by their ids if they have some.
    private var choices: String {
        let numbers = Array(0..<min(2, architecture.inputCount))
        guard let items = checkpoint.items, let ids = try? CanonicalJSON.string(Array(items.prefix(2))) else {
            return "\(numbers)"
        }
        return ids
    }

    private static func address(_ text: String) -> String { text.contains("?") ? "'\(text)'" : text }
}
