import PostgreSQL
import SQLite
import SystemIO
import TestSupport

enum Engine: String, CaseIterable, Sendable {
    case sqlite, postgresql

    /// Those that there are on this machine.
    static let present: [Engine] = PostgreSQLServer.isRunning ? [.sqlite, .postgresql] : [.sqlite]
}

/// A dataset of its own at an engine, with a table `canary` that no load knows of.
struct Dataset {
    let place: Place
    let engine: Engine
    let pipeline: String

    init(_ engine: Engine) throws {
        place = try Place()
        self.engine = engine
        pipeline = engine == .sqlite ? "p" : PostgreSQLServer.uniqueName("h")
        if engine == .postgresql { try connection().execute("CREATE SCHEMA \(schema)") }
        try execute("CREATE TABLE canary (id bigint)")
        try execute("INSERT INTO canary VALUES (1)")
    }

    private var schema: String { pipeline + "_dataset" }
    var url: String { engine == .sqlite ? "sqlite:///" + place.folder.path("x.db") : PostgreSQLServer.url ?? "" }

    /// Runs a script with `$URL` and `$DLT_PIPELINE`.
    func shell(_ script: String, stdin: String = "") throws -> ProgramResult {
        try place.shell(script, stdin: stdin, ["URL": url, "DLT_PIPELINE": pipeline], timeoutSeconds: 120)
    }

    /// Normalizes and loads; the status is the worst of both.
    func load(_ records: String, _ options: String) throws -> ProgramResult {
        try shell("dlt-normalize \(options) | dlt-load \"$URL\"", stdin: records)
    }

    private func connection() throws -> Connection { try Connection.open([("dbname", url)], timeout: 15) { false } }

    func execute(_ sql: String) throws {
        switch engine {
        case .sqlite: try Database.open(place.folder.path("x.db")).execute(sql)
        case .postgresql:
            let connection = try connection()
            try connection.execute("SET search_path = \(schema)")
            try connection.execute(sql)
        }
    }

    /// All rows of a query, as text.
    func query(_ sql: String) throws -> [[String?]] {
        switch engine {
        case .sqlite:
            let statement = try Database.open(place.folder.path("x.db"), flags: .readOnly).prepare(sql)
            var rows: [[String?]] = []
            while try statement.step() {
                rows.append((0..<statement.columnCount).map { statement.isNull($0) ? nil : statement.string($0) })
            }
            return rows
        case .postgresql:
            let connection = try connection()
            try connection.execute("SET search_path = \(schema)")
            return try connection.execute(sql).rows
        }
    }

    func value(_ sql: String) throws -> String? { try query(sql).first?.first ?? nil }

    /// The names of all tables, and whether the canary lives.
    func tables() throws -> Set<String> {
        let sql =
            engine == .sqlite
            ? "SELECT name FROM sqlite_master WHERE type = 'table'"
            : "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = '\(schema)'"
        return Set(try query(sql).compactMap { $0[0] })
    }

    func canaryLives() throws -> Bool { try query("SELECT id FROM canary") == [["1"]] }

    /// A name in SQL, quoted by the rule that both engines share.
    static func quoted(_ name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars { quoted += scalar == "\"" ? "\"\"" : String(scalar) }
        return quoted + "\""
    }
}
