import JSONText
import LoopbackServer
import SQLite
import SystemIO
import TestSupport
import Testing

/// Configurations, and the tables that dlt makes by them from the same server (`scripts/conformance rest --record`).
struct RecordedTests {
    private static let cases: JSONObject = {
        let bytes = try? Files.readAll(repository("Tests/Conformance/rest.json"))
        return bytes.flatMap { try? JSONValue(parsing: $0).objectValue } ?? [:]
    }()

    @Test func `there is a case for every way of paging`() {
        #expect(Self.cases.count > 30)
    }

    @Test(arguments: cases.keys)
    func `the tables are dlt's`(name: String) throws {
        let recorded = try #require(Self.cases[name])
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        var configuration = recorded["configuration"]?.objectValue ?? [:]
        var client = configuration["client"]?.objectValue ?? [:]
        client["base_url"] = .string(server.url)
        configuration["client"] = .object(client)
        let text = JSONValue.object(configuration).serialized().replacing("URL/", with: server.url + "/")
        try fixture.folder.write("rest.json", text)
        let result = try fixture.pipe("rest.json")
        #expect(result.status == 0, "\(result)")
        let database = try Database.open(fixture.folder.path("x.db"))
        let hints = try hints(of: database)
        for (table, expected) in recorded["tables"]?.objectValue?.members ?? [] {
            let columns = try strings(
                database, "SELECT name || ' ' || type FROM pragma_table_info('\(table)')")
            let names = try strings(
                database, "SELECT name FROM pragma_table_info('\(table)') WHERE name NOT LIKE '\\_dlt%' ESCAPE '\\'")
            let shown = names.map { "quote(\"\($0)\")" }.joined(separator: " || '|' || ")
            let rows = try strings(database, "SELECT \(shown) FROM \"\(table)\"")
            let expectedColumns = (expected["columns"]?.arrayValue ?? []).map { column in
                (column.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
            }
            #expect(columns == expectedColumns, "\(table)")
            let expectedRows = (expected["rows"]?.arrayValue ?? []).compactMap(\.stringValue)
                .map { $0.replacing("URL/", with: server.url + "/") }
            #expect(rows.sorted() == expectedRows.sorted(), "\(table)")
            #expect(hints[table] == expected["hints"], "\(table)")
        }
    }

    /// What the stored schema says of each table, with its columns by name.
    private func hints(of database: Database) throws -> JSONObject {
        let stored = try #require(try strings(database, "SELECT schema FROM _dlt_version ORDER BY version DESC").first)
        var hints = JSONObject()
        for (name, table) in try JSONValue(parsing: Array(stored.utf8))["tables"]?.objectValue?.members ?? [] {
            var table = table.objectValue ?? [:]
            var columns = JSONObject()
            for (name, column) in table["columns"]?.objectValue?.members ?? [] {
                var column = column.objectValue ?? [:]
                column["name"] = nil
                columns[name] = .object(column)
            }
            table["columns"] = .object(columns)
            hints[name] = .object(table)
        }
        return hints
    }

    private func strings(_ database: Database, _ sql: String) throws -> [String] {
        let statement = try database.prepare(sql)
        var values: [String] = []
        while try statement.step() { values.append(statement.string(0)) }
        return values
    }
}
