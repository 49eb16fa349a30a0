import DestinationKinds
import Destinations
import LoadPackages
import RelationalSQL
import SQLite
import Schemas

@testable import SQLiteConnector

extension DestinationKind {
    static let autocommit: DestinationKind = {
        // Of dlt's type, so that states are equal to those of SQLite.
        var kind = DestinationKind(
            "autocommit", "a database without transactions", typeName: DestinationKind.sqlite.typeName,
            tableNames: .characters(200))
        kind.schemes = ["autocommit"]
        kind.casing = .insensitive
        kind.mergeStrategies = [.deleteInsert, .upsert, .history, .insertOnly]
        kind.replaceStrategies = [.truncateAndInsert, .insertFromStaging, .stagingOptimized]
        kind.atomicity = .commitRecord
        return kind
    }()
}

/// SQLite's SQL, but staging tables are tables like any other, named by their load.
struct AutocommitDialect: SQLDialect {
    private let sqlite = SQLiteDialect()
    let kind = DestinationKind.autocommit
    var printsValues = true

    func quote(_ name: String) -> String { sqlite.quote(name) }
    func table(_ name: String) -> String { sqlite.table(name) }
    func literal(_ value: RecordValue) -> String { printsValues ? sqlite.literal(value) : "?" }
    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String {
        sqlite.declaration(of: column, isUnique: isUnique, isStrict: isStrict)
    }
    func nullSafeEquality(_ left: String, _ right: String) -> String { sqlite.nullSafeEquality(left, right) }
    func activeEnd(_ microseconds: Int64) -> RecordValue { sqlite.activeEnd(microseconds) }
    let addsSeveralColumns = false
    var stagingPosition: String { sqlite.stagingPosition }
    var stagingPositionColumn: String? { sqlite.stagingPositionColumn }
    func insertion(_ rows: RowInsert, of load: LoadID) -> String {
        SQLPrinter.comment(
            SQLiteDialect.insertion(into: target(of: rows, of: load), rows.columns, rowCount: 1, undoesRows: true))
    }
    func laterFirst(_ alias: String) -> String { sqlite.laterFirst(alias) }
    func microseconds(_ text: String) -> Int64? { sqlite.microseconds(text) }

    // MARK: Staging

    /// No naming convention makes a name with a quote.
    private static let prefix = "\"staged "

    private func name(_ name: String, _ load: LoadID) -> String { AutocommitDialect.prefix + "\(load)\" \(name)" }

    func staging(_ name: String, of load: LoadID) -> String { table(self.name(name, load)) }

    /// The load of a staging table; nil for any other table.
    static func load(ofStaging table: String) -> LoadID? {
        guard table.hasPrefix(prefix) else { return nil }
        return LoadID(String(table.dropFirst(prefix.count).prefix { $0 != "\"" }))
    }

    func createStaging(_ name: String, of load: LoadID, columns: String) -> String {
        "CREATE TABLE \(staging(name, of: load)) (\n\(columns)\n)"
    }

    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement] {
        let table = staging(name, of: load)
        return ["DROP TABLE IF EXISTS \(table)", "CREATE TABLE \(table) AS \(query)"]
    }

    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String] {
        keys.map { key in
            let columns = key.map(quote).joined(separator: ", ")
            let table = self.name(name, load)
            let index = quote("index of \(table): \(key.joined(separator: ", "))")
            return "CREATE INDEX IF NOT EXISTS main.\(index) ON \(quote(table)) (\(columns))"
        }
    }
}
