import DestinationKinds
import Destinations
import DuckDB
import LoadPackages
import RelationalSQL
import Schemas

/// DuckDB's SQL. Names have all three parts: a staging table would hide a dataset's table of the same name, and a
/// database may have the name of a schema.
struct DuckDBDialect: SQLDialect {
    let kind = DestinationKind.duckdb
    /// The name under which the database is attached; nil when SQL is only printed and the name is unknown.
    let catalog: String?
    /// The dataset.
    let schema: String

    // MARK: Names

    func quote(_ name: String) -> String { Database.quoteIdentifier(name) }

    private var place: String { (catalog.map { quote($0) + "." } ?? "") + quote(schema) }

    func table(_ name: String) -> String { place + "." + quote(name) }

    var datasetCreation: String? { "CREATE SCHEMA IF NOT EXISTS \(place)" }

    // MARK: Values and types

    func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Database.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): "'\(SQLTime.text(microseconds))+00'"
        }
    }

    // Neither UNIQUE nor PRIMARY KEY, as with dlt: their indexes cost much, and a row that was deleted still counts.
    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String {
        DuckDBTypes.type(of: column) + (column.isNullable ? "" : " NOT NULL")
    }

    func nullSafeEquality(_ left: String, _ right: String) -> String { "\(left) IS NOT DISTINCT FROM \(right)" }

    // MARK: Tables and staging

    let addsSeveralColumns = false
    let addsRequiredColumns = false

    func staging(_ name: String, of load: LoadID) -> String { "temp.main." + quote(name) }

    /// With the columns of the existing table, which another program may have made: then no value is cast between the
    /// two.
    func createStaging(_ name: String, of load: LoadID, columns: String) -> String {
        let position = "CAST(NULL AS BIGINT) AS \(stagingPosition)"
        return "CREATE TEMP TABLE \(staging(name, of: load)) AS SELECT *, \(position) FROM \(table(name)) LIMIT 0"
    }

    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement] {
        ["CREATE TEMP TABLE \(staging(name, of: load)) AS \(query)"]
    }

    // A column of our own, since a column of the data may be called rowid and would hide the real one. No column has
    // this quoted name, because every naming convention replaces quotes.
    let stagingPosition = "\"\"\"position\"\"\""
    let stagingPositionColumn: String? = nil

    /// DuckDB hashes keys for each search, and keeps statistics while rows arrive.
    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String] { [] }

    // MARK: Rows

    // A comment: no statement inserts these rows.
    func insertion(_ rows: RowInsert, of load: LoadID) -> String {
        SQLPrinter.comment("append to \(target(of: rows, of: load)) (\(names(rows.columns)))")
    }

    // MARK: Reading

    func laterFirst(_ alias: String) -> String { ", \(alias).rowid DESC" }

    func readableTime(_ expression: String) -> String { "epoch_us(\(expression))" }

    func microseconds(_ text: String) -> Int64? { Int64(text) }

    /// Does not need the extension for time zones, which a libduckdb may lack.
    func shownTime(_ expression: String) -> String { "CAST(make_timestamp(epoch_us(\(expression))) AS VARCHAR)" }
}
