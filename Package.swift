// swift-tools-version: 6.2
import PackageDescription

// The layers, top to bottom. Imports go downwards only; the folder of a target is its layer and its name:
//
//     Programs  ->  Stages, Connectors  ->  Core  ->  Libraries  ->  CLibraries

func library(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)")
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Programs/\(name)")
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Tools/\(name)")
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)")
}

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let cLibraries: [Target] = [
    systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    systemLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    systemLibrary("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    .target(name: "CPostgreSQL", path: "Sources/CLibraries/CPostgreSQL"),
    .target(name: "CSystem", path: "Sources/CLibraries/CSystem"),
    // Opens libcurl when it is used, so that nothing links it; needs its headers (libcurl4-openssl-dev).
    .target(name: "CCurl", path: "Sources/CLibraries/CCurl"),
    // Likewise libcrypto (libssl-dev).
    .target(name: "CCrypto", path: "Sources/CLibraries/CCrypto"),
    // The hot loops once more in plain C, for dlt-bench to measure ours against; no program links it.
    .target(name: "CBaselines", path: "Sources/CLibraries/CBaselines"),
]

let libraries: [Target] = [
    library("Libraries", "SQLite", ["CSQLite"]),
    library("Libraries", "PostgreSQL", ["CPostgreSQL"]),
    library("Libraries", "Zstd", ["CZstd"]),
    library("Libraries", "Zlib", ["CZlib"]),
    library("Libraries", "YAML", ["CYAML"]),
    library("Libraries", "HTTP", ["CCurl"]),
    library("Libraries", "Crypto", ["CCrypto"]),
]

let core: [Target] = [
    library("Core", "Digests"),
    library("Core", "SystemIO", ["CSystem"]),
    library("Core", "Threading", ["CSystem", "SystemIO"]),
    library("Core", "JSONText", ["CSystem"]),
    library("Core", "Documents", ["JSONText", "YAML"]),
    library("Core", "DateTimes"),
    library("Core", "Identifiers", ["Digests"]),
    library("Core", "Patterns"),
    library("Core", "Schemas", ["JSONText", "Identifiers", "Digests", "Patterns"]),
    library("Core", "Coercion", ["JSONText", "Schemas", "DateTimes", "Digests"]),
    library(
        "Core", "DataContracts", ["JSONText", "Schemas", "Identifiers", "DateTimes", "Digests", "Patterns"]),
    library("Core", "PipelineStates", ["JSONText", "Digests"]),
    library("Core", "Cursors", ["JSONText", "Coercion", "DateTimes", "Digests", "ProgramSupport"]),
    library("Core", "RecordStreams", ["JSONText", "SystemIO"]),
    library(
        "Core", "LoadPackages",
        [
            "JSONText", "SystemIO", "Threading", "Schemas", "PipelineStates", "Digests", "Zstd", "Identifiers",
            "ProgramSupport",
        ]),
    library("Core", "ProgramSupport", ["SystemIO", "JSONText", argumentParser]),
    library(
        "Core", "Authentication", ["HTTP", "Crypto", "JSONText", "Digests", "SystemIO", "ProgramSupport"]),
    library("Core", "CompressedIO", ["SystemIO", "ProgramSupport", "Zlib", "Zstd"]),
]

let connectors: [Target] = [
    library(
        "Connectors", "RecordSources",
        ["Cursors", "RecordStreams", "JSONText", "SystemIO", "PipelineStates", "ProgramSupport", argumentParser]),
    library(
        "Connectors", "Destinations",
        ["Schemas", "LoadPackages", "PipelineStates", "Identifiers", "Digests", "JSONText", "SystemIO", "Zlib"]),
    library(
        "Connectors", "FileConnector",
        [
            "RecordSources", "Cursors", "DateTimes", "CompressedIO", "JSONText", "SystemIO", "ProgramSupport",
            argumentParser,
        ]),
    library(
        "Connectors", "ProcessConnector",
        ["RecordSources", "Cursors", "JSONText", "SystemIO", "ProgramSupport", argumentParser]),
    library("Connectors", "RelationalSQL", ["Destinations", "Schemas", "LoadPackages"]),
    // What the connectors that insert rows have in common: the text of a job file, taken apart.
    library(
        "Connectors", "JobRows",
        ["Destinations", "LoadPackages", "Coercion", "Digests", "JSONText", "SystemIO", "Threading"]),
    library(
        "Connectors", "RESTConnector",
        [
            "RecordSources", "HTTP", "Authentication", "Cursors", "Documents", "JSONText", "DateTimes", "Digests",
            "SystemIO",
            "ProgramSupport",
            argumentParser,
        ]),
    library(
        "Connectors", "SQLiteConnector",
        [
            "Destinations", "RelationalSQL", "JobRows", "SQLite", "Schemas", "LoadPackages", "PipelineStates",
            "JSONText",
            "SystemIO", "Coercion", "DateTimes", "Digests",
        ]),
    library(
        "Connectors", "PostgreSQLConnector",
        [
            "Destinations", "RelationalSQL", "JobRows", "PostgreSQL", "Schemas", "LoadPackages", "JSONText", "SystemIO",
            "Coercion", "DateTimes", "Digests", "Identifiers",
        ]),
]

let stages: [Target] = [
    library(
        "Stages", "Extraction",
        [
            "RecordSources", "RecordStreams", "Cursors", "LoadPackages", "PipelineStates", "Schemas", "Identifiers",
            "JSONText", "SystemIO", "Digests", "ProgramSupport", argumentParser,
        ]),
    library(
        "Stages", "Normalization",
        [
            "RecordStreams", "LoadPackages", "PipelineStates", "Schemas", "DataContracts", "Coercion", "Identifiers",
            "JSONText", "SystemIO", "Threading", "CompressedIO", "Digests", "ProgramSupport", argumentParser,
        ]),
    library(
        "Stages", "Loading",
        [
            "Destinations", "RecordStreams", "LoadPackages", "PipelineStates", "Schemas", "DataContracts", "Coercion",
            "DateTimes", "Identifiers", "JSONText", "SystemIO", "ProgramSupport", argumentParser,
        ]),
    // What the two inspecting stages have in common: choosing a pipeline, opening a destination, printing.
    library(
        "Stages", "InspectionSupport",
        [
            "Destinations", "LoadPackages", "PipelineStates", "JSONText", "SystemIO", "DateTimes", "ProgramSupport",
            argumentParser,
        ]),
    library(
        "Stages", "StateInspection",
        [
            "InspectionSupport", "Destinations", "LoadPackages", "PipelineStates", "Schemas", "JSONText", "SystemIO",
            "DateTimes", "Digests", "Patterns", "ProgramSupport", argumentParser,
        ]),
    library(
        "Stages", "SchemaInspection",
        [
            "InspectionSupport", "Destinations", "LoadPackages", "PipelineStates", "Schemas", "DataContracts",
            "Identifiers", "JSONText", "SystemIO", "Documents", "ProgramSupport", "HTTP", "Digests", argumentParser,
        ]),
]

let programs: [Target] = [
    program("dlt-extract", ["Extraction", "FileConnector", "ProcessConnector", "RESTConnector", "ProgramSupport"]),
    program("dlt-normalize", ["Normalization"]),
    program("dlt-load", ["Loading", "SQLiteConnector", "PostgreSQLConnector", "ProgramSupport", argumentParser]),
    program("dlt-state", ["StateInspection", "SQLiteConnector", "PostgreSQLConnector"]),
    program("dlt-schema", ["SchemaInspection", "SQLiteConnector", "PostgreSQLConnector"]),
]

// What the work on the programs needs; never installed.
let tools: [Target] = [
    tool("dlt-docs", ["ProgramSupport", "JSONText", "SystemIO", argumentParser]),
    tool("dlt-test-server", ["LoopbackServer", "ProgramSupport", "SystemIO", argumentParser]),
    tool(
        "dlt-bench",
        [
            "Normalization", "Schemas", "Identifiers", "Coercion", "DateTimes", "JSONText", "SystemIO",
            "ProgramSupport",
            argumentParser, "CBaselines",
        ]),
]

// Parsers of outside bytes under any bytes. The tests run the targets over their seeds; with DLT_FUZZ set, as scripts/fuzz does, the
// same sources become a program with libFuzzer's loop instead.
let fuzzed: [Target.Dependency] = [
    "Authentication", "Coercion", "Cursors", "DataContracts", "DateTimes", "Destinations", "Digests", "Documents",
    "FileConnector", "HTTP", "Identifiers", "JSONText", "JobRows", "LoadPackages", "Normalization", "Patterns",
    "PipelineStates",
    "PostgreSQLConnector", "ProgramSupport", "RESTConnector", "RecordSources", "RecordStreams", "SQLite",
    "SQLiteConnector", "Schemas", "StateInspection", "SystemIO", "TestSupport", "Threading", "Zlib", "Zstd",
]
let fuzzTests: Target =
    Context.environment["DLT_FUZZ"] == nil
    ? .testTarget(
        name: "FuzzTests", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: ["Seeds", "main.swift"])
    : .executableTarget(
        name: "dlt-fuzz", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: ["Seeds", "SeedTests.swift"])

let testTargets: [Target] = [
    fuzzTests,
    .target(
        name: "TestSupport", dependencies: ["SystemIO", "JSONText"], path: "Tests/TestSupport"),
    // A server that also misbehaves, for tests of what uses the network, and for dlt beside us.
    .target(
        name: "LoopbackServer", dependencies: ["SystemIO", "JSONText", "Zlib"], path: "Tests/LoopbackServer"),
    tests("RESTTests", ["RESTConnector", "HTTP", "Documents", "LoopbackServer", "JSONText", "SystemIO", "SQLite"]),
    tests("HTTPTests", ["HTTP", "LoopbackServer", "JSONText", "SystemIO"]),
    tests(
        "AuthenticationTests",
        ["Authentication", "Crypto", "Digests", "HTTP", "LoopbackServer", "JSONText", "SystemIO"]),
    tests("DigestsTests", ["Digests"]),
    tests("SystemIOTests", ["SystemIO"]),
    tests("ThreadingTests", ["Threading", "SystemIO"]),
    tests("ProgramSupportTests", ["ProgramSupport", "SystemIO"]),
    tests("JSONTextTests", ["JSONText", "SystemIO"]),
    tests("PatternsTests", ["Patterns", "SystemIO"]),
    tests("DocumentsTests", ["Documents", "JSONText"]),
    tests("DateTimesTests", ["DateTimes"]),
    tests("CoercionTests", ["Coercion", "Schemas", "JSONText", "SystemIO"]),
    tests("IdentifiersTests", ["Identifiers"]),
    tests("DataContractsTests", ["DataContracts", "Schemas", "Identifiers", "JSONText", "SystemIO"]),
    tests("SchemasTests", ["Schemas", "Identifiers", "JSONText", "SystemIO"]),
    tests("LoadPackagesTests", ["LoadPackages", "Schemas", "PipelineStates", "JSONText", "SystemIO"]),
    tests("CursorsTests", ["Cursors", "JSONText", "SystemIO", "ProgramSupport"]),
    tests("JobRowsTests", ["JobRows", "Destinations", "LoadPackages", "Schemas", "SystemIO"]),
    tests("LibrariesTests", ["SQLite", "Zstd", "Zlib"]),
    tests(
        "PostgreSQLTests",
        [
            "PostgreSQL", "PostgreSQLConnector", "JobRows", "Destinations", "LoadPackages", "Schemas", "PipelineStates",
            "JSONText",
            "SystemIO", "Digests",
        ]),
    tests(
        "LoadingTests",
        [
            "Loading", "SQLiteConnector", "Destinations", "LoadPackages", "Schemas", "PipelineStates", "SQLite",
            "DateTimes",
            "JSONText",
            "SystemIO",
        ]),
    tests("ExtractionTests", ["FileConnector", "RecordSources", "SystemIO", "JSONText", "ProgramSupport"]),
    tests(
        "NormalizationTests",
        [
            "Normalization", "LoadPackages", "PipelineStates", "RecordStreams", "Schemas", "Coercion", "Identifiers",
            "JSONText", "SystemIO", "Threading", "Zstd", "ProgramSupport", "SQLite",
        ]),
    tests(
        "InspectionTests",
        [
            "Documents", "LoopbackServer", "StateInspection", "SchemaInspection", "SQLiteConnector", "Destinations",
            "SQLite",
            "LoadPackages",
            "PipelineStates", "Schemas", "JSONText", "SystemIO", "ProgramSupport",
        ]),
    tests("ProgramTests", ["SystemIO", "JSONText", "SQLite", "Zstd"]),
    tests(
        "SecurityTests",
        [
            "SystemIO", "JSONText", "SQLite", "PostgreSQL", "Zstd", "Zlib", "Digests", "Identifiers", "LoadPackages",
            "LoopbackServer", "Schemas", "PipelineStates",
        ]),
    tests("ConformanceTests", ["SystemIO", "JSONText", "SQLite", "Zstd"]),
    tests("DocumentationTests", ["SystemIO"]),
]

let package = Package(
    name: "dlt-toolkit",
    products: programs.map { .executable(name: $0.name, targets: [$0.name]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: cLibraries + libraries + core + connectors + stages + programs + tools + testTargets,
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.path?.hasPrefix("Sources/CLibraries/") == false {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
        // The record path changes fields of classes on every value; checking each access for overlap as it happens takes
        // half of its time. Debug builds, which the tests run, keep the checks.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]
}
