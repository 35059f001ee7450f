import Testing

@testable import VAEServing

@Suite struct EnvironmentFlagsTests {
    private func merged(_ arguments: [String], _ environment: [String: String]) -> [String] {
        EnvironmentFlags.merged(into: arguments) { environment[$0] }
    }

    @Test func variablesBecomeFlags() {
        let environment = ["VAE_PORT": "9000", "VAE_DRAIN_DELAY": "5", "PORT": "1", "VAE_NOTHING": "x"]
        #expect(merged(["--workers", "2"], environment) == ["--workers", "2", "--port=9000", "--drain-delay=5"])
    }

    @Test(arguments: [["--port", "1"], ["--port=1"], ["--workers", "2", "--port=1"]])
    func flagsWin(_ arguments: [String]) { #expect(merged(arguments, ["VAE_PORT": "9000"]) == arguments) }

    @Test func anEmptyVariableIsNone() { #expect(merged([], ["VAE_PORT": ""]) == []) }

    @Test func aLongerFlagIsAnother() {
        #expect(merged(["--portal=1"], ["VAE_PORT": "2"]) == ["--portal=1", "--port=2"])
    }

    @Test func valuesStayWhole() { #expect(merged([], ["VAE_MODELS": "a b=c"]) == ["--models=a b=c"]) }
}
