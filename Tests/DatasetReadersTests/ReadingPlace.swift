import AllDestinations
import ArgumentParser
import DatasetReaders
import DestinationKinds
import Destinations
import SystemIO
import TestSupport
import Testing

/// A dataset of its own in one kind of database, and a folder beside it that no query may touch.
struct ReadingPlace {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case sqlite, postgresql, duckdb

        var testDescription: String { rawValue }

        var isThere: Bool {
            switch self {
            case .sqlite: true
            case .postgresql: PostgreSQLServer.isRunning
            case .duckdb: DuckDBLibrary.isThere
            }
        }
    }

    static var kinds: [Kind] { Kind.allCases.filter(\.isThere) }

    static let records = """
        {"id":1,"name":"Ada","price":12.50,"at":"2024-01-15T08:00:00.5Z","ok":true,"tags":["a","b"],"more":{"x":[1]}}
        {"id":2,"name":"NULL","price":1e3,"at":"2024-01-16T08:00:00Z","ok":false,"tags":["c"],"data":"AP8="}
        {"id":3,"name":"Grace\\nHopper","price":null,"at":"2024-01-17T08:00:00.123456Z","ok":null,"day":"2024-02-29"}
        """

    let kind: Kind
    let folder: WorkDirectory
    let pipeline: String
    let url: String
    /// Everybody may write there, the server's user too.
    let canary: String

    init(_ kind: Kind, records: String = ReadingPlace.records, _ options: String = "") throws {
        self.kind = kind
        folder = try WorkDirectory()
        pipeline = PostgreSQLServer.uniqueName("q")
        url =
            switch kind {
            case .sqlite: "sqlite:///" + folder.path("shop.db")
            case .duckdb: "duckdb:///" + folder.path("shop.duckdb")
            case .postgresql: PostgreSQLServer.url ?? ""
            }
        canary = folder.path("canary")
        let columns = """
            {"price":{"data_type":"decimal"},"data":{"data_type":"binary"},"day":{"data_type":"date"},"more":{"data_type":"json"}}
            """
        let result = try shell(
            "mkdir -m 777 canary; chmod 755 .; dlt-normalize --table orders --columns '\(columns)' \(options) | dlt-load \"$URL\"",
            stdin: records)
        guard result.status == 0 else { throw Unfit(description: result.description) }
    }

    private init(_ other: ReadingPlace, url: String) {
        (kind, folder, pipeline, canary) = (other.kind, other.folder, other.pipeline, other.canary)
        self.url = url
    }

    /// The same dataset by another URL.
    func with(url: String) -> ReadingPlace { ReadingPlace(self, url: url) }

    struct Unfit: Error, CustomStringConvertible { let description: String }

    func shell(_ script: String, stdin: String = "", timeoutSeconds: Int = 60) throws -> ProgramResult {
        try runShell(
            script, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": pipeline, "URL": url],
            currentDirectory: folder.path, timeoutSeconds: timeoutSeconds)
    }

    func destination(dataset: String? = nil, lockTimeout: Double = 10) throws -> any DatasetReading {
        let url = DestinationURL(url)
        guard let url, let type = allDestinations.first(where: { $0.kind.schemes.contains(url.scheme) }) else {
            throw Unfit(description: "no connector")
        }
        let target = DestinationTarget(url: url, dataset: dataset, pipeline: pipeline, lockTimeout: lockTimeout)
        guard let reading = try make(type, target) as? any DatasetReading else { throw Unfit(description: "no reader") }
        return reading
    }

    private func make<Target: Destination>(_: Target.Type, _ target: DestinationTarget) throws -> any Destination {
        try Target(target, Target.Options.parse([]))
    }

    func session(_ control: QueryControl = QueryControl(), lockTimeout: Double = 10) throws -> any ReadingSession {
        try destination(lockTimeout: lockTimeout).read(control)
    }
}

extension ReadingSession {
    /// Runs a query to its end, and leaves nothing open.
    func drain(_ sql: String, parameters: [QueryParameter] = []) throws -> [[String?]] {
        try texts(Query(sql, parameters: parameters))
    }
}
