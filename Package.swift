// swift-tools-version: 6.2

import PackageDescription

// The module graph of the service. An entry under `dependencies` is the only permission to import:
// `swift build --explicit-target-dependency-import-check error` (see the Makefile) enforces it.
let package = Package(
    name: "vae-service",
    products: [
        .executable(name: "vae-server", targets: ["vae-server"]),
        .executable(name: "vae-trainer", targets: ["vae-trainer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // C and C++: one door per library.
        .target(name: "CMicroHTTPD", linkerSettings: [.linkedLibrary("microhttpd"), .linkedLibrary("gnutls")]),
        .target(name: "CTensorKernels", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp")]),
        .target(
            name: "CImageCodecs",
            linkerSettings: [.linkedLibrary("spng"), .linkedLibrary("jpeg"), .linkedLibrary("deflate")]
        ),
        .target(name: "CSIMDJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CMPI"),

        // The service in Swift.
        .target(name: "HTTPServer", dependencies: ["CMicroHTTPD"]),
        .target(name: "VAE", dependencies: ["CTensorKernels", "CImageCodecs"]),
        .target(
            name: "VAEServing",
            dependencies: [
                "HTTPServer", "VAE", "CSIMDJSON", "CZlib", .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Resources/openapi.yaml"), .embedInCode("Resources/page")]
        ),
        .target(name: "VAETraining", dependencies: ["VAE", "CMPI", "CZlib"]),

        // Flags and wiring only.
        .executableTarget(
            name: "vae-server",
            dependencies: [
                "VAEServing", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .executableTarget(
            name: "vae-trainer",
            dependencies: ["VAETraining", .product(name: "ArgumentParser", package: "swift-argument-parser")]
        ),
        // What one thread computes in process; see Benchmarks/inference/run.sh.
        .executableTarget(
            name: "vae-inference-benchmark",
            dependencies: ["VAE", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Benchmarks/inference", exclude: ["compare.py", "requirements.txt", "run.sh"],
            sources: ["InferenceBenchmark.swift", "PrecisionError.swift"]
        ),

        // What `make bench` measures the service against.
        .executableTarget(name: "echo-server", dependencies: ["HTTPServer"], path: "Benchmarks/echo"),
        .executableTarget(name: "open-loop", path: "Benchmarks/open-loop"),

        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer"]),
        .testTarget(
            name: "VAETests", dependencies: ["VAE", "CTensorKernels"],
            exclude: ["Fixtures", "Images/make_images.py"]
        ),
        .testTarget(
            name: "VAETrainingTests", dependencies: ["VAETraining", "VAE"],
            exclude: ["Fixtures", "Data/Fixtures", "Objectives/Fixtures", "Recommendation/Fixtures"]
        ),
        .testTarget(
            name: "VAEServingTests",
            dependencies: ["VAEServing", "VAE", "HTTPServer", .product(name: "Logging", package: "swift-log")]
        ),
    ],
    cLanguageStandard: .gnu17,
    cxxLanguageStandard: .cxx17
)

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .strictMemorySafety(),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ExistentialAny"),
    ]
}
