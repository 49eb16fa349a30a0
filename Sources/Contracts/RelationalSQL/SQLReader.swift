import Destinations
import LoadPackages
import Schemas

/// Asks a database what its dataset holds.
final class SQLReader: DatasetReader {
    private let connection: any SQLConnection
    private var dialect: any SQLDialect { connection.dialect }

    init(_ connection: any SQLConnection) { self.connection = connection }

    func columns(of table: String) throws(DestinationError) -> [StoredColumn]? {
        let columns = try reading(table) { () throws(SQLFailure) in try connection.columns(of: table) }
        return columns.isEmpty ? nil : columns
    }

    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        try value(
            names.loads, "SELECT load_id FROM \(loads(names)) WHERE load_id = \(value: .text(id)) AND status = 0")
            != nil
    }

    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        try value(
            names.loads,
            """
            SELECT load_id FROM \(loads(names)) WHERE length(load_id) >= 35 \
            AND substr(load_id, length(load_id) - 17) = \(value: .text(identity)) AND status = 0 LIMIT 1
            """)
    }

    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? {
        try value(names.loads, "SELECT max(\(dialect.ordered("load_id"))) FROM \(loads(names)) WHERE status = 0")
            .flatMap { LoadID($0) }
    }

    /// Loads that have begun to publish and are not cleaned up, where that is not one transaction, and how far they have come.
    func marks(_ names: SystemNames) throws(DestinationError) -> [LoadID: LoadMark] {
        let found = try rows(names.loads, "SELECT load_id, status FROM \(loads(names)) WHERE status IN (1, 2)")
        var marks: [LoadID: LoadMark] = [:]
        for row in found {
            guard let load = LoadID(row[0] ?? ""), let mark = LoadMark(rawValue: Int64(row[1] ?? "") ?? 0) else {
                continue
            }
            if marks[load] != .published { marks[load] = mark }
        }
        return marks
    }

    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(
            names,
            "WHERE v.schema_name = \(value: .text(name)) ORDER BY v.inserted_at DESC\(dialect.laterFirst("v"))")
    }

    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try schema(names, "WHERE v.version_hash = \(value: .text(hash))")
    }

    private func schema(_ names: SystemNames, _ condition: SQLStatement) throws(DestinationError) -> StoredSchema? {
        let found = try rows(
            names.version,
            "SELECT v.version_hash, v.schema FROM \(dialect.table(names.version)) AS v \(condition) LIMIT 1")
        guard let hash = found.first?[0], let text = found.first?[1] else { return nil }
        return try StoredSchema(hash: hash, text: text)
    }

    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        guard try columns(of: names.loads) != nil else { return nil }
        // Load ids are digits, and are ordered as such.
        let found = try rows(
            names.state,
            """
            SELECT s._dlt_load_id, s.state FROM \(dialect.table(names.state)) AS s \
            JOIN \(loads(names)) AS l ON l.load_id = s._dlt_load_id \
            WHERE s.pipeline_name = \(value: .text(pipeline)) AND l.status = 0 \
            ORDER BY \(dialect.ordered("l.load_id")) DESC, s.created_at DESC\(dialect.laterFirst("s")) LIMIT 1
            """)
        guard let load = found.first?[0], let text = found.first?[1] else { return nil }
        return try StoredState(loadID: load, text: text)
    }

    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        var latest: Int64?
        for (table, column) in [
            (names.version, "inserted_at"), (names.loads, "inserted_at"), (names.state, "created_at"),
        ] {
            let query: SQLStatement =
                "SELECT \(dialect.readableTime("t")) FROM (SELECT max(\(column)) AS t FROM \(dialect.table(table))) AS latest"
            guard let text = try value(table, query), let time = dialect.microseconds(text) else { continue }
            latest = max(latest ?? time, time)
        }
        return latest
    }

    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion] {
        let found = try rows(
            names.version,
            """
            SELECT v.version_hash, v.schema, \(dialect.shownTime("v.inserted_at")) FROM \(dialect.table(names.version)) AS v \
            ORDER BY v.inserted_at DESC\(dialect.laterFirst("v"))
            """)
        var versions: [SchemaVersion] = []
        for row in found.reversed() {
            versions.append(
                SchemaVersion(
                    stored: try StoredSchema(hash: row[0] ?? "", text: row[1] ?? ""), insertedAt: row[2] ?? ""))
        }
        return versions
    }

    // MARK: Queries

    private func loads(_ names: SystemNames) -> String { dialect.table(names.loads) }

    private func value(_ table: String, _ query: SQLStatement) throws(DestinationError) -> String? {
        try rows(table, query).first?[0]
    }

    /// The rows of a query on a table, as text; none when the table does not exist.
    private func rows(_ table: String, _ query: SQLStatement) throws(DestinationError) -> [[String?]] {
        guard try columns(of: table) != nil else { return [] }
        return try reading(table) { () throws(SQLFailure) in try connection.rows(of: query) }
    }

    private func reading<Result>(
        _ table: String, _ body: () throws(SQLFailure) -> Result
    ) throws(DestinationError) -> Result {
        do { return try body() } catch {
            throw error.explained("read table \"\(table)\"")
        }
    }
}
