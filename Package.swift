// swift-tools-version: 6.2
import PackageDescription

// The layers, top to bottom; a module's layer is the folder that it lies in:
//
//     Programs -> Stages -> Connectors -> Contracts -> Shell -> Network -> Model -> Base -> Libraries -> CLibraries
//
// Imports go downwards. Which neighbours of one layer may be imported is said in scripts/graph, which checks all of this.

func library(
    _ layer: String, _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", exclude: exclude)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Programs/\(name)")
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Tools/\(name)")
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude)
}

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let cLibraries: [Target] = [
    systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    systemLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    // Opened when it is used, as libpq is; needs no header.
    .target(name: "CArchive", path: "Sources/CLibraries/CArchive"),
    .target(name: "CDuckDB", path: "Sources/CLibraries/CDuckDB"),
    .target(name: "CMariaDB", path: "Sources/CLibraries/CMariaDB"),
    // A table of functions that the drivers of databases fill in; they are opened by their paths.
    .target(name: "CADBC", path: "Sources/CLibraries/CADBC"),
    // Two structs of which one library gives another the columns of a table; no library is opened.
    .target(name: "CArrow", path: "Sources/CLibraries/CArrow"),
    .target(name: "CPostgreSQL", path: "Sources/CLibraries/CPostgreSQL"),
    .target(name: "CSystem", path: "Sources/CLibraries/CSystem"),
    .target(name: "CDigests", path: "Sources/CLibraries/CDigests"),
    // Opens libcurl when it is used, so that nothing links it; needs its headers (libcurl4-openssl-dev).
    .target(name: "CCurl", path: "Sources/CLibraries/CCurl"),
    // Likewise libcrypto (libssl-dev).
    .target(name: "CCrypto", path: "Sources/CLibraries/CCrypto"),
    // Likewise libyaml (libyaml-dev).
    .target(name: "CYAML", path: "Sources/CLibraries/CYAML"),
    // Opened when it is used; needs no header.
    .target(name: "CMicrohttpd", path: "Sources/CLibraries/CMicrohttpd"),
    // Likewise: the prompt of dlt-query.
    .target(name: "CEdit", path: "Sources/CLibraries/CEdit"),
    // The hot loops once more in plain C, for dlt-bench to measure ours against; no program links it.
    .target(name: "CBaselines", path: "Sources/CLibraries/CBaselines"),
]

let libraries: [Target] = [
    library("Libraries", "SQLite", ["CSQLite"]),
    library("Libraries", "PostgreSQL", ["CPostgreSQL"]),
    library("Libraries", "DuckDB", ["CDuckDB"]),
    library("Libraries", "Archive", ["CArchive"]),
    library("Libraries", "Arrow", ["CArrow"]),
    library("Libraries", "MariaDB", ["CMariaDB"]),
    library("Libraries", "ADBC", ["CADBC"]),
    library("Libraries", "Zstd", ["CZstd"]),
    library("Libraries", "Zlib", ["CZlib"]),
    library("Libraries", "YAML", ["CYAML"]),
    library("Libraries", "Crypto", ["CCrypto"]),
    library("Libraries", "HTTPServer", ["CMicrohttpd"]),
    library("Libraries", "LineEditing", ["CEdit"]),
]

let base: [Target] = [
    library("Base", "Failures"),
    library("Base", "Digests", ["CDigests", "Encodings"]),
    library("Base", "DateTimes", ["JSONText"]),
    library("Base", "Patterns"),
    library("Base", "JSONText", ["CSystem"]),
    library("Base", "SystemIO", ["CSystem", "Encodings"]),
    library("Base", "Documents", ["Failures", "JSONText", "YAML"]),
    library("Base", "Encodings"),
    library("Base", "Markup"),
    library("Base", "Secrets", ["Encodings", "JSONText"]),
    library("Base", "Configuration", ["Documents", "Failures", "Secrets", "SystemIO"]),
    library("Base", "Threading", ["CSystem", "SystemIO"]),
    library("Base", "CompressedIO", ["Archive", "Failures", "SystemIO", "Zlib", "Zstd"]),
]

let model: [Target] = [
    library("Model", "Identifiers", ["Digests"]),
    library("Model", "ArrowRecords", ["Arrow", "DateTimes", "JSONText", "Schemas"]),
    library("Model", "Schemas", ["Digests", "JSONText", "Patterns"]),
    library("Model", "Coercion", ["DateTimes", "Digests", "JSONText", "Schemas"]),
    library("Model", "Cursors", ["Coercion", "DateTimes", "Digests", "Failures", "JSONText"]),
    library("Model", "DataContracts", ["DateTimes", "Digests", "Identifiers", "JSONText", "Patterns", "Schemas"]),
    library("Model", "OpenAPI", ["Documents", "JSONText", "YAML"]),
    library("Model", "QueryExpressions", ["DateTimes", "Failures", "JSONText", "Schemas"]),
    library("Model", "PipelineStates", ["Digests", "JSONText"]),
    library("Model", "RecordChanges", ["Digests", "JSONText"]),
    library("Model", "RecordStreams", ["JSONText", "SystemIO"]),
    library(
        "Model", "LoadPackages",
        [
            "Digests", "Encodings", "Failures", "JSONText", "PipelineStates", "Schemas", "SystemIO", "Threading",
            "Zstd",
        ]),
    library("Model", "RunJournals", ["DateTimes", "Encodings", "JSONText", "LoadPackages", "SystemIO"]),
]

let network: [Target] = [
    library("Network", "HTTP", ["CCurl", "Encodings", "Secrets", "SystemIO"]),
    library(
        "Network", "Authentication",
        ["Crypto", "Digests", "Encodings", "HTTP", "JSONText", "Secrets", "SystemIO"]),
    library(
        "Network", "AWS",
        ["Crypto", "DateTimes", "Digests", "Encodings", "Failures", "HTTP", "JSONText", "Secrets", "SystemIO"]),
]

let shell: [Target] = [
    library(
        "Shell", "ProgramSupport",
        [
            "Failures", "JSONText", "LoadPackages", "RunJournals", "Schemas", "Secrets", "SystemIO", argumentParser,
        ])
]

let contracts: [Target] = [
    library("Contracts", "DestinationKinds", ["Schemas"]),
    library("Contracts", "ObjectStores", ["SystemIO"]),
    library(
        "Contracts", "RecordSources",
        ["Cursors", "JSONText", "ProgramSupport", "RecordStreams", "Schemas", argumentParser]),
    library(
        "Contracts", "Destinations",
        [
            "DestinationKinds", "Digests", "Failures", "Identifiers", "JSONText", "LoadPackages", "PipelineStates",
            "ProgramSupport", "Schemas", "Secrets", "SystemIO", "Zlib", argumentParser,
        ]),
    library(
        "Contracts", "JobRows",
        ["Coercion", "Destinations", "Digests", "Failures", "JSONText", "LoadPackages", "SystemIO", "Threading"]),
    library(
        "Contracts", "RelationalSQL",
        [
            "DateTimes", "DestinationKinds", "Destinations", "Digests", "Failures", "JSONText", "LoadPackages",
            "ProgramSupport", "Schemas", "SystemIO",
        ]),
    library(
        "Contracts", "DatasetReaders",
        ["DateTimes", "Destinations", "Digests", "Failures", "JSONText", "RelationalSQL", "Schemas", "SystemIO"]),
    library(
        "Contracts", "TableSources",
        ["Cursors", "DatasetReaders", "DateTimes", "Failures", "JSONText", "Schemas", "Secrets"]),
]

let sources: [Target] = [
    library(
        "Connectors", "FileConnector",
        [
            "AWS", "Archive", "Coercion", "CompressedIO", "DateTimes", "DuckDBConnector", "Encodings", "Failures",
            "HTTP",
            "JSONText",
            "ObjectStoreConnector", "ObjectStores", "ProgramSupport", "RecordSources", "RecordStreams", "Schemas",
            "Secrets", "SystemIO", "TableSources", argumentParser,
        ]),
    library(
        "Connectors", "ProcessConnector",
        [
            "Cursors", "FileConnector", "JSONText", "ProgramSupport", "RecordSources", "RecordStreams", "SystemIO",
            argumentParser,
        ]),
    library(
        "Connectors", "ProtocolConnector",
        [
            "Digests", "Encodings", "JSONText", "ProgramSupport", "RecordSources", "RecordStreams", "SystemIO",
            argumentParser,
        ]),
    library(
        "Connectors", "RESTConnector",
        [
            "Authentication", "Configuration", "Cursors", "DateTimes", "Digests", "Documents", "Encodings", "HTTP",
            "JSONText", "ProgramSupport", "RecordSources", "RecordStreams", "Schemas", "Secrets", "SystemIO",
            argumentParser,
        ]),
    // The tables of databases, by the connectors of these.
    library(
        "Connectors", "SQLConnector",
        [
            "ADBCConnector", "Configuration", "Cursors", "DuckDBConnector", "Failures", "JSONText", "MariaDBConnector",
            "PostgreSQLConnector", "ProgramSupport", "RecordSources", "SQLiteConnector", "Schemas", "SystemIO",
            "TableSources", "Threading", argumentParser,
        ]),
]

let destinations: [Target] = [
    library(
        "Connectors", "SQLiteConnector",
        [
            "DatasetReaders", "DateTimes", "DestinationKinds", "Destinations", "Digests", "Failures", "JSONText",
            "JobRows", "LoadPackages", "Patterns", "RelationalSQL", "SQLite", "Schemas", "SystemIO", "TableSources",
            argumentParser,
        ]),
    library(
        "Connectors", "PostgreSQLConnector",
        [
            "DatasetReaders", "DateTimes", "DestinationKinds", "Destinations", "Digests", "Encodings", "Failures",
            "JSONText", "JobRows", "LoadPackages", "PostgreSQL", "RelationalSQL", "Schemas", "SystemIO", "TableSources",
            argumentParser,
        ]),
    library(
        "Connectors", "DuckDBConnector",
        [
            "DatasetReaders", "DateTimes", "DestinationKinds", "Destinations", "DuckDB", "Failures", "JSONText",
            "JobRows",
            "LoadPackages", "ProgramSupport", "RelationalSQL", "Schemas", "SystemIO", "TableSources", "Threading",
            argumentParser,
        ]),
    library(
        "Connectors", "CommandConnector",
        [
            "DestinationKinds", "Destinations", "Digests", "Encodings", "Failures", "JSONText", "LoadPackages",
            "PipelineStates", "Schemas", "SystemIO", argumentParser,
        ]),
]

// Databases whose tables are read, and which are no destinations; SQLConnector is their registry.
let tables: [Target] = [
    library(
        "Connectors", "ADBCConnector",
        [
            "ADBC", "Arrow", "ArrowRecords", "DatasetReaders", "Encodings", "Failures", "JSONText", "Schemas",
            "Secrets", "SystemIO",
            "TableSources", "Threading",
        ]),
    library(
        "Connectors", "MariaDBConnector",
        [
            "DatasetReaders", "Encodings", "Failures", "JSONText", "MariaDB", "Schemas", "SystemIO", "TableSources",
        ]),
]

// Stores of files: buckets and web servers.
let stores: [Target] = [
    library(
        "Connectors", "ObjectStoreConnector",
        ["AWS", "Crypto", "DateTimes", "Encodings", "Failures", "HTTP", "ObjectStores", "Secrets", "SystemIO"])
]

// The registries: the only modules that know every connector.
let registries: [Target] = [
    library("Connectors/All", "AllSources", ["RecordSources"] + names(sources)),
    library("Connectors/All", "AllDestinations", ["Destinations"] + names(destinations)),
]

func names(_ targets: [Target]) -> [Target.Dependency] { targets.map { .byName(name: $0.name) } }

let stages: [Target] = [
    library(
        "Stages", "Extraction",
        [
            "Cursors", "Failures", "Identifiers", "JSONText", "LoadPackages", "PipelineStates", "ProgramSupport",
            "RecordSources", "RecordStreams", "RunJournals", "Schemas", "SystemIO", argumentParser,
        ]),
    library(
        "Stages", "Normalization",
        [
            "Coercion", "CompressedIO", "DataContracts", "DateTimes", "DestinationKinds", "Digests", "Documents",
            "Configuration", "Encodings", "Failures", "Identifiers", "JSONText", "LoadPackages", "PipelineStates",
            "ProgramSupport", "RecordChanges", "RecordStreams", "RunJournals", "Schemas", "SystemIO", "Threading",
            argumentParser,
        ]),
    library(
        "Stages", "Loading",
        [
            "Coercion", "DataContracts", "DateTimes", "DestinationKinds", "Destinations", "Failures", "Identifiers",
            "JSONText", "LoadPackages", "PipelineStates", "ProgramSupport", "RecordStreams", "RunJournals", "Schemas",
            "Secrets", "SystemIO",
            argumentParser,
        ]),
    library(
        "Stages", "InspectionSupport",
        [
            "DateTimes", "DestinationKinds", "Destinations", "Failures", "JSONText", "LoadPackages", "PipelineStates",
            "ProgramSupport", "Schemas", "SystemIO", argumentParser,
        ]),
    library(
        "Stages", "StateInspection",
        [
            "DestinationKinds", "Destinations", "Failures", "InspectionSupport", "JSONText", "LoadPackages", "Patterns",
            "PipelineStates", "ProgramSupport", "RunJournals", "Schemas", "SystemIO", argumentParser,
        ]),
    library(
        "Stages", "SchemaInspection",
        [
            "DataContracts", "DestinationKinds", "Destinations", "Documents", "Failures", "Identifiers",
            "InspectionSupport", "JSONText", "LoadPackages", "Normalization", "PipelineStates", "ProgramSupport",
            "Schemas", "SystemIO",
            argumentParser,
        ]),
    library(
        "Stages", "Querying",
        [
            "DatasetReaders", "DestinationKinds", "Destinations", "Digests", "Failures", "Identifiers",
            "InspectionSupport", "JSONText", "LineEditing", "LoadPackages", "ProgramSupport", "QueryExpressions",
            "RelationalSQL", "Schemas", "Secrets", "SystemIO", argumentParser,
        ]),
    library(
        "Stages", "Dashboard",
        [
            "CompressedIO", "DataContracts", "DatasetReaders", "DestinationKinds", "Destinations", "Digests",
            "Encodings",
            "Failures", "HTTPServer", "InspectionSupport", "JSONText", "LoadPackages", "Markup", "PipelineStates",
            "ProgramSupport", "RecordChanges", "RelationalSQL", "RunJournals", "Schemas", "SystemIO", "Zlib",
            argumentParser,
        ], exclude: ["Assets"]),
    library(
        "Stages", "Scaffolding",
        [
            "Digests", "Documents", "Encodings", "Failures", "HTTP", "HTTPServer", "JSONText", "OpenAPI",
            "ProgramSupport",
            "SystemIO", argumentParser,
        ]),
    library(
        "Stages", "Alerting",
        [
            "Digests", "Encodings", "HTTP", "InspectionSupport", "JSONText", "LoadPackages", "ProgramSupport",
            "Schemas",
            "SystemIO", argumentParser,
        ]),
]

let programs: [Target] = [
    program("dlt-extract", ["AllSources", "Extraction"]),
    program("dlt-normalize", ["Normalization"]),
    program("dlt-load", ["AllDestinations", "Loading"]),
    program("dlt-state", ["AllDestinations", "StateInspection"]),
    program("dlt-query", ["AllDestinations", "Querying"]),
    program("dlt-schema", ["Alerting", "AllDestinations", "SchemaInspection"]),
    program("dlt-dashboard", ["AllDestinations", "Dashboard"]),
    program("dlt-init", ["Scaffolding"]),
]

// What the work on the programs needs; never installed.
let tools: [Target] = [
    tool("dlt-docs", ["JSONText", "ProgramSupport", "SystemIO", argumentParser]),
    tool("dlt-test-server", ["LoopbackServer", "ProgramSupport", "SystemIO", argumentParser]),
    tool(
        "dlt-bench",
        [
            "CBaselines", "Coercion", "DateTimes", "Identifiers", "JSONText", "Normalization", "ProgramSupport",
            "Schemas", "SystemIO", argumentParser,
        ]),
]

// Parsers of outside bytes under any bytes. The tests run the targets over their seeds; with DLT_FUZZ set, as scripts/fuzz does, the
// same sources become a program with libFuzzer's loop instead.
let fuzzed: [Target.Dependency] = [
    "AWS", "Arrow", "ArrowRecords", "Authentication", "Coercion", "Configuration", "Cursors", "Dashboard",
    "DataContracts",
    "DatasetReaders",
    "DateTimes",
    "Destinations", "Digests",
    "Documents", "FileConnector", "HTTP", "HTTPServer", "Identifiers", "JSONText", "JobRows", "LoadPackages",
    "Normalization", "ObjectStoreConnector", "ObjectStores", "OpenAPI",
    "Patterns", "PipelineStates", "PostgreSQLConnector", "ProgramSupport", "QueryExpressions",
    "RESTConnector", "RecordSources",
    "RecordStreams", "RelationalSQL", "RunJournals", "SQLite", "SQLiteConnector", "Scaffolding", "Schemas",
    "Secrets", "StateInspection", "SystemIO",
    "TestSupport", "Threading", "Zlib", "Zstd",
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
        name: "TestSupport",
        dependencies: ["CArrow", "JSONText", "LoadPackages", "PipelineStates", "SQLite", "Schemas", "SystemIO"],
        path: "Tests/TestSupport"),
    // DuckDB's own side of the tests: another process that has a file, and runs what is printed.
    .executableTarget(name: "dlt-test-duckdb", path: "Tests/DuckDBClient"),
    // A server that also misbehaves, for tests of what uses the network, and for dlt beside us.
    .target(name: "LoopbackServer", dependencies: ["JSONText", "SystemIO", "Zlib"], path: "Tests/LoopbackServer"),
    tests(
        "RESTConnectorTests",
        ["TestSupport", "Documents", "HTTP", "JSONText", "LoopbackServer", "RESTConnector", "SQLite", "SystemIO"]),
    tests(
        "HTTPTests", ["TestSupport", "Encodings", "HTTP", "JSONText", "LoopbackServer", "Secrets", "SystemIO"]),
    tests(
        "AuthenticationTests",
        ["TestSupport", "Authentication", "Digests", "HTTP", "JSONText", "LoopbackServer", "SystemIO"]),
    tests(
        "AWSTests", ["AWS", "Failures", "HTTP", "JSONText", "LoopbackServer", "SystemIO", "TestSupport"],
        exclude: ["make-signatures.py", "signatures.json"]),
    tests("ObjectStoresTests", ["ObjectStores", "SystemIO"]),
    tests(
        "ObjectStoreConnectorTests",
        [
            "AWS", "Failures", "HTTP", "LoopbackServer", "ObjectStoreConnector", "ObjectStores", "SystemIO",
            "TestSupport",
        ]),
    tests("MariaDBTests", ["MariaDB", "TestSupport"]),
    tests("ADBCTests", ["ADBC"]),
    tests("ArrowTests", ["Arrow"]),
    tests("ArrowRecordsTests", ["Arrow", "ArrowRecords", "JSONText", "TestSupport"]),
    tests("DigestsTests", ["Digests"]),
    tests("RecordChangesTests", ["Digests", "Encodings", "JSONText", "RecordChanges", "SystemIO"]),
    tests("ConfigurationTests", ["TestSupport", "Configuration", "Failures", "Secrets"]),
    tests("EncodingsTests", ["Encodings"]),
    tests("SecretsTests", ["Secrets"]),
    tests("SystemIOTests", ["TestSupport", "SystemIO"]),
    tests("ThreadingTests", ["TestSupport", "SystemIO", "Threading"]),
    tests("ProgramSupportTests", ["Failures", "TestSupport", "ProgramSupport", "SystemIO"]),
    tests("JSONTextTests", ["TestSupport", "JSONText", "SystemIO"]),
    tests("PatternsTests", ["Patterns", "SystemIO"]),
    tests("DocumentsTests", ["Documents", "JSONText"]),
    tests("DateTimesTests", ["DateTimes"]),
    tests("CoercionTests", ["Coercion", "JSONText", "Schemas", "SystemIO"]),
    tests("IdentifiersTests", ["Identifiers"]),
    tests("DataContractsTests", ["DataContracts", "Identifiers", "JSONText", "Schemas", "SystemIO"]),
    tests("SchemasTests", ["JSONText", "Schemas", "SystemIO"]),
    tests("LoadPackagesTests", ["TestSupport", "JSONText", "LoadPackages", "PipelineStates", "Schemas", "SystemIO"]),
    tests("RunJournalsTests", ["JSONText", "LoadPackages", "RunJournals", "SystemIO", "TestSupport"]),
    tests("QuestionsTests", ["DateTimes", "Digests", "JSONText", "SystemIO", "TestSupport"]),
    tests("QueryExpressionsTests", ["QueryExpressions", "Schemas"]),
    tests("CursorsTests", ["Cursors", "Failures", "JSONText"]),
    tests("JobRowsTests", ["TestSupport", "Destinations", "JobRows", "LoadPackages", "Schemas", "SystemIO"]),
    tests("SQLiteTests", ["TestSupport", "SQLite"]),
    tests("ZlibTests", ["TestSupport", "Zlib"]),
    tests("ZstdTests", ["TestSupport", "Zstd"]),
    tests(
        "DuckDBConnectorTests",
        ["TestSupport", "DatasetReaders", "Destinations", "DuckDB", "DuckDBConnector", "Failures", "SystemIO"]),
    tests("DuckDBTests", ["TestSupport", "DuckDB", "SystemIO"]),
    tests(
        "PostgreSQLConnectorTests",
        [
            "Destinations", "Digests", "Failures", "JSONText", "JobRows", "LoadPackages", "PostgreSQL",
            "PostgreSQLConnector", "RelationalSQL", "Schemas", "SystemIO", "TestSupport",
        ]),
    tests("SQLConnectorTests", ["MariaDB", "DuckDB", "PostgreSQL", "SQLite", "SystemIO", "TestSupport"]),
    tests("DestinationsTests", ["Destinations"]),
    tests(
        "DatasetReadersTests",
        [
            "AllDestinations", "DatasetReaders", "DestinationKinds", "Destinations", "Digests", "Failures",
            "PostgreSQL",
            "SQLiteConnector",
            "Schemas", "SystemIO", "TestSupport", argumentParser,
        ]),
    tests(
        "SQLiteConnectorTests",
        [
            "Destinations", "Failures", "JSONText", "LoadPackages", "PipelineStates", "SQLite", "SQLiteConnector",
            "Schemas", "SystemIO", "TestSupport",
        ]),
    tests(
        "LoadingTests",
        [
            "Destinations", "Failures", "JSONText", "LoadPackages", "Loading", "PipelineStates", "RunJournals",
            "SQLite",
            "Schemas", "SystemIO", "TestSupport",
        ]),
    tests("FileConnectorTests", ["TestSupport", "FileConnector", "JSONText", "RecordSources", "Schemas", "SystemIO"]),
    // What every destination must pass; a destination's tests are its configuration there.
    tests(
        "DestinationSuite",
        [
            "DateTimes", "DestinationKinds", "Destinations", "DuckDB", "DuckDBConnector", "Failures", "Identifiers",
            "JSONText", "JobRows", "LoadPackages", "Loading", "PipelineStates", "PostgreSQL", "PostgreSQLConnector",
            "ProgramSupport", "RelationalSQL", "SQLite", "SQLiteConnector", "Schemas", "SystemIO", "TestSupport",
            argumentParser,
        ]),
    tests(
        "NormalizationTests",
        [
            "TestSupport",
            "DataContracts", "Identifiers", "JSONText", "LoadPackages", "Normalization", "PipelineStates",
            "ProgramSupport", "RecordStreams", "Schemas", "SystemIO", "Threading", "Zstd",
        ]),
    tests(
        "SchemaInspectionTests",
        ["TestSupport", "Documents", "JSONText", "SchemaInspection", "Schemas", "SystemIO"]),
    tests(
        "StateInspectionTests",
        ["TestSupport", "JSONText", "ProgramSupport", "SQLite", "StateInspection", "SystemIO"]),
    tests("OpenAPITests", ["OpenAPI"]),
    tests(
        "ScaffoldingTests",
        ["Failures", "JSONText", "LoopbackServer", "OpenAPI", "Scaffolding", "SystemIO", "TestSupport"]),
    tests("MarkupTests", ["Markup"]),
    tests(
        "DashboardTests",
        ["TestSupport", "Dashboard", "JSONText", "LoadPackages", "PostgreSQL", "SQLite", "SystemIO"],
        exclude: ["Recorded"]),
    tests("AlertingTests", ["TestSupport", "JSONText", "LoopbackServer", "SystemIO"]),
    tests(
        "ProgramTests",
        [
            "AWS", "DuckDB", "HTTP", "JSONText", "LoadPackages", "LoopbackServer", "ObjectStoreConnector",
            "ObjectStores",
            "PostgreSQL", "SQLite", "SystemIO", "TestSupport", "Zstd",
        ]),
    tests(
        "SecurityTests",
        ["Digests", "JSONText", "LoopbackServer", "SQLite", "SystemIO", "TestSupport", "Zlib"]),
    tests(
        "ConformanceTests",
        [
            "DatasetReaders", "DateTimes", "Destinations", "DuckDB", "Identifiers", "JSONText", "QueryExpressions",
            "Querying", "SQLite", "SQLiteConnector", "SystemIO", "TestSupport", "Zstd",
        ]),
    tests("DocumentationTests", ["JSONText", "ProgramSupport", "TestSupport", "SystemIO"]),
]

let package = Package(
    name: "dlt-toolkit",
    products: programs.map { .executable(name: $0.name, targets: [$0.name]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: cLibraries + libraries + base + model + network + shell + contracts + stores + sources + tables
        + destinations
        + registries
        + stages + programs + tools + testTargets,
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
