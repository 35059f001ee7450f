import Testing

@testable import VAETraining

@Suite struct TensorRenamesTests {
    private static func apply(_ renames: [String], to names: [String]) throws(TrainingError) -> [String: String] {
        try TensorRenames(renames).apply(to: names)
    }

    @Test func partsAreRenamedAndPiecesAreNot() throws {
        let found = try Self.apply(
            ["fc1=encoder.0", "fc21=mu"], to: ["fc1.weight", "fc1.bias", "fc21.weight", "fc11.weight", "xfc1.weight"])
        #expect(
            found == [
                "encoder.0.weight": "fc1.weight", "encoder.0.bias": "fc1.bias", "mu.weight": "fc21.weight",
                "fc11.weight": "fc11.weight", "xfc1.weight": "xfc1.weight",
            ])
    }

    @Test func theLongestWins() throws {
        let found = try Self.apply(["net=encoder", "net.fc=mu"], to: ["net.0.bias", "net.fc.bias"])
        #expect(found == ["encoder.0.bias": "net.0.bias", "mu.bias": "net.fc.bias"])
    }

    /// Each name changes once, so two may change places.
    @Test func namesMayBeSwapped() throws {
        #expect(
            try Self.apply(["mu=sigma", "sigma=mu"], to: ["mu.bias", "sigma.bias"])
                == ["mu.bias": "sigma.bias", "sigma.bias": "mu.bias"])
    }

    @Test func aPartMayBeTakenAway() throws {
        #expect(try Self.apply(["module.="], to: ["module.mu.bias"]) == ["mu.bias": "module.mu.bias"])
        #expect(try Self.apply(["scale=likelihood.log_scale"], to: ["scale"]) == ["likelihood.log_scale": "scale"])
    }

    @Test(arguments: [
        (["fc1"], "expected old=new"), (["=a"], "expected old=new"), (["a=b=c"], "expected old=new"),
        (["mu=a", "mu=b"], "there already"), (["fc=a"], "mu.bias, sigma.bias"),
        (["mu=sigma"], "\"mu.bias\" and \"sigma.bias\""),
    ])
    func mistakesAreExplained(renames: [String], message: String) {
        let error = #expect(throws: TrainingError.self) { try Self.apply(renames, to: ["mu.bias", "sigma.bias"]) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
}
