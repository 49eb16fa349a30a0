import DestinationKinds
import Destinations
import PostgreSQL
import Schemas
import TestSupport

@testable import PostgreSQLConnector

struct PostgreSQLCase: DestinationCase {
    let kind = DestinationKind.postgresql
    var absence: String? { PostgreSQLServer.isRunning ? nil : PostgreSQLServer.absence }

    func open(_ target: DestinationTarget) throws -> any Destination { try PostgreSQLDestination(target, NoOptions()) }

    func dataset(of pipeline: String, in folder: WorkDirectory) -> any TestDataset {
        PostgreSQLTestDataset(PostgreSQLServer.url ?? "", pipeline)
    }

    let declaredTypes = [
        "a_text": "character varying", "a_bigint": "bigint", "a_double": "double precision", "a_bool": "boolean",
        "a_timestamp": "timestamp with time zone", "naive": "timestamp without time zone", "a_date": "date",
        "a_time": "time without time zone", "a_json": "jsonb", "a_decimal": "numeric(38,9)",
        "a_wei": "numeric(156,78)", "a_binary": "bytea", "small": "smallint", "middle": "integer",
        "p_decimal": "numeric(10,9)", "ps_decimal": "numeric(10,2)", "s_decimal": "numeric",
        "a_short": "character varying(10)",
    ]

    func text(_ column: String, _ type: DataType) -> String {
        switch type {
        case .timestamp: "to_char(\(column), 'YYYY-MM-DD HH24:MI:SS.US')"
        case .time: "to_char(\(column), 'HH24:MI:SS.US')"
        case .binary: "upper(encode(\(column), 'hex'))"
        default: column
        }
    }

    /// Its text takes no U+0000; it is left out, as dlt does.
    func kept(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
    }
}

/// A schema of a server, which is looked at by libpq.
private final class PostgreSQLTestDataset: TestDataset {
    let url: String
    private let pipeline: String
    var name: String { pipeline + "_dataset" }
    let client = "psql -X -q -v ON_ERROR_STOP=1 \"$URL\""
    private var connection: Connection?

    init(_ url: String, _ pipeline: String) {
        self.url = url
        self.pipeline = pipeline
    }

    deinit { _ = try? connected().execute("DROP SCHEMA IF EXISTS \(name) CASCADE") }

    private func connected() throws -> Connection {
        if let connection { return connection }
        let opened = try connect()
        connection = opened
        return opened
    }

    private func connect() throws -> Connection {
        let connection = try Connection.open([("dbname", url)], timeout: 15) { false }
        try connection.execute("SET search_path = \(name); SET timezone = 'UTC'")
        return connection
    }

    func exists() throws -> Bool {
        try !query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname LIKE '%\(pipeline)%'").isEmpty
    }

    func execute(_ sql: String) throws {
        try connected().execute("CREATE SCHEMA IF NOT EXISTS \(name)")
        try connected().execute(sql)
    }

    func query(_ sql: String) throws -> [[String?]] { try connected().execute(sql).rows }

    func look(_ sql: String) throws -> [[String?]]? { try query(sql) }

    /// Also of schemas that are called like it.
    func tables() throws -> [String] {
        try query(
            "SELECT CASE schemaname WHEN '\(name)' THEN '' ELSE schemaname || '.' END || tablename "
                + "FROM pg_catalog.pg_tables WHERE schemaname LIKE '%\(pipeline)%'"
        ).compactMap { $0[0] }
    }

    func columns(of table: String) throws -> [TestColumn] {
        let name = Connection.quoteLiteral(Connection.quoteIdentifier(table))
        return try query(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_catalog.pg_attribute "
                + "WHERE attrelid = \(name)::regclass AND attnum > 0 ORDER BY attnum"
        ).map { TestColumn(name: $0[0] ?? "", type: $0[1] ?? "", isNullable: $0[2] == "f") }
    }

    func indexes(of table: String) throws -> [TestIndex] {
        let name = Connection.quoteLiteral(Connection.quoteIdentifier(table))
        return try query(
            """
            SELECT c.relname, (SELECT string_agg(attname, ',') FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)), indisunique FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS c ON c.oid = indexrelid WHERE indrelid = \(name)::regclass ORDER BY indkey[0]
            """
        ).map { TestIndex(name: $0[0] ?? "", columns: $0[1] ?? "", isUnique: $0[2] == "t") }
    }

    func lock() throws -> AnyObject {
        let holder = try connect()
        try holder.execute("SELECT pg_advisory_lock(\(PostgreSQLConnection.lockKey(of: name)))")
        return holder
    }
}
