import Testing

@testable import VAEServing

@Suite struct RouteTests {
    @Test(
        arguments: [
            ("/v1/encode", Operation.encode, nil), ("/v1/sample/", .sample, nil), ("/v1/decode", .decode, nil),
            ("/v1/interpolate", .interpolate, nil), ("/v1/reconstruct", .reconstruct, nil),
            ("/v1/score", .score, nil), ("/v1/models", .models, nil),
            ("/v1/models/", .models, nil), ("/v1/models/digits", .model, "digits"),
            ("/v1/models/a.b-c/", .model, "a.b-c"),
            ("/v1/models/digits/encode", .encode, "digits"), ("/v1/models/encode/encode/", .encode, "encode"),
            ("/v1/models/digits/load", .load, "digits"), ("/v1/models/load/unload/", .unload, "load"),
            ("/v1/models/größe/sample", .sample, "größe"), ("/v1/models/a%2Fb", .model, "a%2Fb"),
            ("/livez", .live, nil),
            ("/readyz/", .ready, nil), ("/healthz", .live, nil), ("/health", .health, nil), ("/ping", .health, nil),
            ("/metrics", .metrics, nil),
            ("/openapi.yaml", .openAPI, nil),
            ("/v2", .inferenceServer, nil), ("/v2/", .inferenceServer, nil),
            ("/v2/health/live", .inferenceLive, nil), ("/v2/health/ready/", .inferenceReady, nil),
            ("/v2/models", .inferenceModels, nil), ("/v2/models/stats", .inferenceAllStatistics, nil),
            ("/v2/models/a", .inferenceModel, "a"), ("/v2/models/stats/stats", .inferenceStatistics, "stats"),
            ("/v2/models/a/infer", .infer, "a"), ("/v2/models/a/ready", .inferenceModelReady, "a"),
            ("/v2/models/a/config/", .inferenceConfiguration, "a"),
            ("/v2/models/a/versions/7/infer", .infer, "a"), ("/v2/models/a/versions/7", .inferenceModel, "a"),
            ("/v2/repository/index", .inferenceIndex, nil), ("/v2/repository/models/a/load", .inferenceLoad, "a"),
            ("/v2/repository/models/a/unload", .inferenceUnload, "a"),
            ("/", .page, nil), ("/docs", .docs, nil), ("/docs/", .docs, nil), ("/page/main.js", .pageFile, nil),
        ] as [(String, Operation, String?)])
    func known(_ path: String, _ operation: Operation, _ model: String?) throws {
        let route = try #require(Route(path: path))
        #expect(route.operation == operation)
        #expect(route.model == model)
    }

    @Test(arguments: [
        "", "//", "*", "/page", "/page/", "/page/none.js", "/page/main.js/x", "/main.js", "/v1/docs", "v1/encode",
        "/v1", "/v1/", "/v1/models//", "/v1/models//encode", "/v1//encode",
        "/v1/encode//", "/v1/encode/x", "/v1/Encode", "/v2/encode", "/encode", "/v1/models/a/b",
        "/v1/models/a/b/encode", "/v1/load", "/v1/unload", "/load",
        "/v1/models/a/models", "/v1/livez", "/v1/metrics", "/livez/x", "/models", "/model", "/v1/model",
        "/v1/models/a/model", "/v1/models/a/livez", "/v1/infer", "/v1/models/a/infer", "/v1/stats", "/v2/infer",
        "/v2/health", "/v2/health/x", "/v2/models//infer", "/v2/models/a/x", "/v2/models/a/versions/7/x",
        "/v2/models/a/infer/x",
        "/v2/repository", "/v2/repository/models/a", "/v2/repository/models//load", "/v2/repository/models/a/infer",
    ])
    func unknown(_ path: String) { #expect(Route(path: path) == nil) }

    @Test func tagsCarryOperationAndModel() {
        for operation in Operation.allCases {
            for index in [0, 1, 255, 256, 70_000] {
                let tag = RequestTag(RequestTag(operation, slot: index).rawValue)
                #expect(tag.knownOperation == operation)
                #expect(tag.slot == index)
            }
        }
        #expect(RequestTag(0).knownOperation == nil)
    }
}
