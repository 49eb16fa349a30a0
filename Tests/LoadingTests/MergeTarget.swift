import DateTimes
import SQLite
import SystemIO
import TestSupport

/// A database that merges are tested on. Each has a dataset of its own, which is gone with it.
protocol MergeTarget {
    /// For dlt-load; the dataset is the default of `pipeline`.
    var url: String { get }
    var pipeline: String { get }

    /// Values of the rows as text, bools as 0 and 1, times as microseconds; none when there is no such table.
    func rows(of table: String, _ columns: [String]) throws -> [[String?]]

    /// Tables that no package may leave behind.
    func leftovers() throws -> [String]
}

enum MergeTargets: String, CaseIterable, Sendable {
    case sqlite, postgresql

    /// Those that are there: a server is named by its URL in the environment.
    static var present: [MergeTargets] {
        Environment.get("DLT_TEST_POSTGRESQL") == nil ? [.sqlite] : [.sqlite, .postgresql]
    }

    func make(_ folder: WorkDirectory) -> any MergeTarget {
        switch self {
        case .sqlite: SQLiteTarget(file: folder.path("x.db"))
        case .postgresql: PostgreSQLTarget(url: Environment.get("DLT_TEST_POSTGRESQL") ?? "")
        }
    }
}

private struct SQLiteTarget: MergeTarget {
    let file: String
    let pipeline = "p"
    var url: String { "sqlite:///" + file }

    func rows(of table: String, _ columns: [String]) throws -> [[String?]] {
        let database = try Database.open(file, flags: .readOnly)
        guard try database.integer("SELECT count(*) FROM sqlite_master WHERE name = '\(table)'") == 1 else { return [] }
        let statement = try database.prepare("SELECT \(columns.joined(separator: ", ")) FROM \(table)")
        var rows: [[String?]] = []
        while try statement.step() {
            rows.append((0..<columns.count).map { statement.isNull($0) ? nil : microseconds(statement.string($0)) })
        }
        return rows
    }

    func leftovers() throws -> [String] {
        let database = try Database.open(file, flags: .readOnly)
        let statement = try database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%(%' OR type <> 'table'")
        var names: [String] = []
        while try statement.step() { names.append(statement.string(0)) }
        return names
    }
}

private final class PostgreSQLTarget: MergeTarget {
    let url: String
    let pipeline: String
    private var dataset: String { pipeline + "_dataset" }

    init(url: String) {
        self.url = url
        var random = FastRandom()
        pipeline = "merge_" + String(random.next(), radix: 36)
    }

    deinit { _ = try? psql("DROP SCHEMA IF EXISTS \(dataset) CASCADE") }

    func rows(of table: String, _ columns: [String]) throws -> [[String?]] {
        guard try psql("SELECT to_regclass('\(dataset).\(table)')") != [[nil]] else { return [] }
        return try psql("SELECT \(columns.joined(separator: ", ")) FROM \(dataset).\(table)").map { row in
            row.map { $0.map { $0 == "t" ? "1" : $0 == "f" ? "0" : microseconds($0) } }
        }
    }

    func leftovers() throws -> [String] {
        try psql(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema LIKE '%\(dataset)%' "
                + "AND (table_schema <> '\(dataset)' OR table_name LIKE '%(%')"
        ).compactMap { $0[0] }
    }

    private func psql(_ query: String) throws -> [[String?]] {
        let result = try run(
            argv: ["psql", url, "-qAtX", "-F", "\u{1F}", "-P", "null=\u{1E}", "-c", query], stdin: [],
            environment: ["PGTZ": "UTC"])
        guard result.status == 0 else { throw Fixture.Missing("psql: \(result)") }
        return result.stdout.split(separator: "\n").map { line in
            line.split(separator: "\u{1F}", omittingEmptySubsequences: false).map { $0 == "\u{1E}" ? nil : String($0) }
        }
    }
}

/// A time as microseconds, anything else as it is.
private func microseconds(_ text: String) -> String {
    guard text.utf8.count >= 19, text.contains(":") else { return text }
    let time = Array(text.utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
    return time.map { String($0) } ?? text
}
