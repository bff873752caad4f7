// swift-tools-version: 6.2
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

// Libraries that a build may lack: the operators that need them say which package to install. SwiftPM
// keeps this answer until the manifest or the environment changes; scripts/setup sees to that.
let optionalLibraries: [(header: String, target: Target)] = [
    (
        "/usr/include/fasttext/fasttext.h",
        .target(
            name: "CFastText",
            cxxSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("fasttext"), .linkedLibrary("m")])
    ),
    (
        "/usr/include/cld2/public/compact_lang_det.h",
        .target(
            name: "CCLD2", cxxSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("cld2")])
    ),
]
let textLibraries = optionalLibraries.filter {
    FileManager.default.fileExists(atPath: $0.header)
}.map(\.target)

let package = Package(
    name: "millrace",
    products: [
        .executable(name: "millrace", targets: ["millrace"]),
        .library(name: "StreamTesting", targets: ["StreamTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: textLibraries + [
        // C libraries, each behind one module.
        .systemLibrary(
            name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CMimalloc", providers: [.apt(["libmimalloc-dev"])]),
        .target(
            name: "CKafka", dependencies: ["CRdKafka"],
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .target(
            name: "CSimdJSON", cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(
            name: "CCurl", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CMallocCount"),
        .target(name: "CMemory"),

        // The functional core: no IO, no clock.
        .target(name: "Events", dependencies: ["CSimdJSON"], swiftSettings: strict),
        .target(name: "Avro", dependencies: ["Events"], swiftSettings: strict),
        .target(name: "JSONSchema", dependencies: ["Events", "CPCRE2"], swiftSettings: strict),
        .target(name: "CEL", dependencies: ["Events", "CPCRE2"], swiftSettings: strict),
        .target(name: "Models", swiftSettings: strict),
        .target(
            name: "Sketches", dependencies: ["Events", "CMemory"], swiftSettings: strict),
        .target(name: "Sentiment", swiftSettings: strict),
        .target(name: "Linkage", swiftSettings: strict),
        .target(
            name: "TextModels", dependencies: textLibraries.map { .target(name: $0.name) },
            swiftSettings: strict),
        .target(name: "StreamCore", dependencies: ["Events"], swiftSettings: strict),
        .target(
            name: "Operators",
            dependencies: [
                "StreamCore", "Events", "JSONSchema", "CEL", "Avro", "Models", "Sketches",
                "Sentiment", "Linkage", "TextModels",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),

        // The shell: disk, network, threads, files.
        .target(
            name: "SchemaRegistry", dependencies: ["StreamCore", "CCurl"], swiftSettings: strict),
        .target(
            name: "StreamState",
            dependencies: [
                "StreamCore", "Events", "CSQLite", "CMemory",
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(
            name: "StreamEngine",
            dependencies: [
                "StreamCore", "Events",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "StreamKafka", dependencies: ["StreamEngine", "StreamCore", "Events", "CKafka"],
            swiftSettings: strict),
        .target(
            name: "TopologyFiles",
            dependencies: [
                "Operators", "StreamCore", "Events", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(name: "SampleEvents", dependencies: ["Events"], swiftSettings: strict),
        .target(
            name: "StreamTesting", dependencies: ["StreamCore", "StreamEngine", "Events"],
            swiftSettings: strict),
        .executableTarget(
            name: "millrace",
            dependencies: [
                "TopologyFiles", "Operators", "StreamEngine", "StreamKafka", "StreamState",
                "StreamCore", "CEL", "Events", "Linkage", "SampleEvents", "SchemaRegistry",
                "CMimalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Measures the modules in the process; Benchmarks/README.md says why it is no package of
        // its own.
        .executableTarget(
            name: "DriverBenchmark",
            dependencies: [
                "TopologyFiles", "Operators", "StreamState", "StreamCore", "CEL", "Events",
                "JSONSchema", "SampleEvents", "CMallocCount",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/driver", swiftSettings: strict),

        // Tests: one target per module, then those of the whole.
        .testTarget(
            name: "EventsTests",
            dependencies: ["Events", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(
            name: "AvroTests",
            dependencies: ["Avro", "Events", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(
            name: "SchemaRegistryTests",
            dependencies: ["SchemaRegistry", "StreamCore"],
            swiftSettings: strict),
        .testTarget(
            name: "JSONSchemaTests",
            dependencies: ["JSONSchema", "Events", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(
            name: "CELTests",
            dependencies: ["CEL", "Events", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),
        .testTarget(
            name: "SketchesTests",
            dependencies: ["Sketches", "Events"],
            swiftSettings: strict),
        .testTarget(
            name: "SentimentTests",
            dependencies: ["Sentiment", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(name: "LinkageTests", dependencies: ["Linkage"], swiftSettings: strict),
        // Models for tests, which they train themselves.
        .target(
            name: "TrainedModels", dependencies: ["TextModels"], path: "Tests/TrainedModels",
            swiftSettings: strict),
        .testTarget(
            name: "TextModelsTests", dependencies: ["TextModels", "TrainedModels"],
            swiftSettings: strict),
        .testTarget(
            name: "StreamCoreTests",
            dependencies: ["StreamCore", "Events"],
            swiftSettings: strict),
        .testTarget(
            name: "OperatorsTests",
            dependencies: [
                "Operators", "StreamCore", "Events", "JSONSchema", "Linkage", "TextModels",
                "TrainedModels", "CMallocCount",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StreamStateTests",
            dependencies: ["StreamState", "StreamCore", "Events", "CSQLite", "CMallocCount"],
            swiftSettings: strict),
        .testTarget(
            name: "StreamEngineTests",
            dependencies: [
                "StreamEngine", "StreamTesting", "StreamState", "Operators", "StreamCore", "Events",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "StreamEngine", "StreamTesting", "StreamState", "Operators", "StreamCore", "Events",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StreamKafkaTests",
            dependencies: ["StreamKafka", "StreamEngine", "StreamCore", "Events"],
            swiftSettings: strict),
        .testTarget(
            name: "TopologyFilesTests",
            dependencies: [
                "TopologyFiles", "Operators", "StreamCore", "Events", "TextModels", "TrainedModels",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SampleEventsTests",
            dependencies: ["SampleEvents", "Events"],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["TopologyFiles", "Operators", "StreamCore", "Events"],
            exclude: ["event.schema.json"], swiftSettings: strict),
        .testTarget(
            name: "TopologiesTests",
            dependencies: [
                "TopologyFiles", "Operators", "StreamCore", "Events", "SampleEvents", "TextModels",
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["StreamKafka", "StreamEngine", "StreamCore", "Events", "SampleEvents"],
            exclude: ["broker"], swiftSettings: strict),
    ]
)
