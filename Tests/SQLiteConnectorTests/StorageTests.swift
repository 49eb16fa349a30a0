import JSONText
import LoadPackages
import SQLite
import Schemas
import TestSupport
import Testing

/// How values and types lie in SQLite: as dlt puts them there.
@Suite struct StorageTests {
    private static let columns: [(Column, type: String)] = [
        (Column(name: "a_text", .text), "TEXT"),
        (Column(name: "a_bigint", .bigint), "BIGINT"),
        (Column(name: "a_double", .double), "DOUBLE"),
        (Column(name: "a_bool", .bool), "BOOLEAN"),
        (Column(name: "a_timestamp", .timestamp), "DATETIME"),
        (Column(name: "naive", .timestamp, nullable: true, ["timezone": false]), "DATETIME"),
        (Column(name: "a_date", .date), "DATE"),
        (Column(name: "a_time", .time), "TIME"),
        (Column(name: "a_json", .json), "JSON"),
        (Column(name: "a_decimal", .decimal), "NUMERIC(38, 9)"),
        (Column(name: "a_wei", .wei), "TEXT"),
        (Column(name: "a_binary", .binary), "BLOB"),
        (Column(name: "short", .text, nullable: true, ["precision": 10]), "VARCHAR(10)"),
        (Column(name: "small", .bigint, nullable: true, ["precision": 16]), "SMALLINT"),
        (Column(name: "middle", .bigint, nullable: true, ["precision": 32]), "INTEGER"),
        (Column(name: "p_decimal", .decimal, nullable: true, ["precision": 10]), "NUMERIC(10)"),
        (Column(name: "ps_decimal", .decimal, nullable: true, ["precision": 10, "scale": 2]), "NUMERIC(10, 2)"),
        (Column(name: "s_decimal", .decimal, nullable: true, ["scale": 2]), "NUMERIC"),
    ]

    @Test func `columns are declared as dlt declares them`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage(
            [TestPackages.table("t", StorageTests.columns.map(\.0))],
            rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        #expect(try fixture.load([path]).status == 0)
        let declared = try fixture.query("SELECT name, type FROM pragma_table_info('t')")
        #expect(declared.dropLast(2).map { $0 } == StorageTests.columns.map { [$0.0.name, $0.type] })
        #expect(
            try fixture.query("SELECT name, type, \"notnull\" FROM pragma_table_info('_dlt_pipeline_state')") == [
                ["version", "BIGINT", "1"], ["engine_version", "BIGINT", "1"], ["pipeline_name", "TEXT", "1"],
                ["state", "TEXT", "1"], ["created_at", "DATETIME", "1"], ["version_hash", "TEXT", "0"],
                ["_dlt_load_id", "VARCHAR(64)", "1"], ["_dlt_id", "VARCHAR(128)", "1"],
            ])
    }

    @Test(arguments: [
        ("a_text", #""a\"b\\c\n\u00e9\ud83d\ude00""#, "text", #"'a"b\c"# + "\né😀'"),
        ("a_text", #""""#, "text", "''"),
        ("a_text", #""1""#, "text", "'1'"),
        ("a_bigint", "9223372036854775807", "integer", "9223372036854775807"),
        ("a_bigint", "-9223372036854775808", "integer", "-9223372036854775808"),
        ("a_double", "1", "real", "1.0"),
        ("a_double", "0.1", "real", "0.1"),
        ("a_double", "1.7976931348623157e308", "real", "1.7976931348623157e+308"),
        ("a_double", "9007199254740993", "real", "9007199254740992.0"),
        ("a_double", "123456.789", "real", "123456.789"),
        ("a_bool", "true", "integer", "1"),
        ("a_bool", "false", "integer", "0"),
        ("a_timestamp", #""2024-01-15T08:00:00.123456Z""#, "text", "'2024-01-15 08:00:00.123456'"),
        ("naive", #""2024-01-15T08:00:00.123456""#, "text", "'2024-01-15 08:00:00.123456'"),
        ("a_date", #""2024-01-15""#, "text", "'2024-01-15'"),
        ("a_time", #""10:00:00.000000""#, "text", "'10:00:00.000000'"),
        ("a_json", #"{"a":[1,"\u00e9"]}"#, "text", #"'{"a":[1,"\u00e9"]}'"#),
        ("a_json", #""s""#, "text", #"'"s"'"#),
        ("a_json", "1", "integer", "1"),
        ("a_decimal", "1.0", "integer", "1"),
        ("a_decimal", "1e3", "integer", "1000"),
        ("a_decimal", "1.1234567891", "real", "1.1234567891"),
        ("a_decimal", "12345678901234567890", "real", "1.2345678901234567e+19"),
        ("a_wei", "123456789012345678901234567890", "text", "'123456789012345678901234567890'"),
        ("a_binary", #""AQI=""#, "blob", "X'0102'"),
        ("a_binary", #""""#, "blob", "X''"),
    ])
    func `a value is stored as dlt stores it`(_ column: String, _ json: String, _ type: String, _ quoted: String) throws
    {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage(
            [TestPackages.table("t", StorageTests.columns.map(\.0))],
            rows: [("t", "{\"_dlt_id\":\"1\",\"\(column)\":\(json),\"_dlt_load_id\":\"%\"}")])
        let result = try fixture.load([path])
        #expect(result.status == 0, "\(result)")
        #expect(try fixture.query("SELECT typeof(\(column)) FROM t") == [[type]])
        if type == "real" {
            // quote() of 3.40 prints 15 digits of a real.
            let statement = try fixture.database().prepare("SELECT \(column) FROM t")
            #expect(try statement.step())
            #expect(statement.double(0) == Double(quoted))
        } else {
            #expect(try fixture.value("SELECT quote(\(column)) FROM t") == quoted)
        }
    }

    @Test func `hostile names and values stay names and values`() throws {
        let fixture = try SQLiteFixture()
        let name = "x\" (id); DROP TABLE users; --"
        let column = Column(name: "a'b\"c]d`?", .text)
        let path = try fixture.spool.makePackage(
            [TestPackages.table(name, [column])],
            rows: [
                (
                    name,
                    #"{"a'b\"c]d`?":"'); DROP TABLE x; --\u0000 end","_dlt_load_id":"%","_dlt_id":"1"}"#
                )
            ])
        let result = try fixture.load([path])
        #expect(result.status == 0, "\(result)")
        let quoted = "\"\(name.replacing("\"", with: "\"\""))\""
        #expect(try fixture.value("SELECT hex(\"a'b\"\"c]d`?\") FROM \(quoted)")?.hasSuffix("0020656E64") == true)
    }

    @Test func `a null where none may be names table and column`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage(
            [TestPackages.table("t", [Column(name: "must", .bigint, nullable: false)])],
            rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        let result = try fixture.load([path])
        #expect(result.status == 65, "\(result)")
        for word in ["t.must", "row 1 of t.0.jsonl.zst"] { #expect(result.stderr.contains(word), "\(result)") }
        #expect(try fixture.query("SELECT * FROM sqlite_master").isEmpty)
    }

    @Test func `tables are made in dlt's order, with text laid out as SQLAlchemy does`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        #expect(try fixture.load([path]).status == 0)
        #expect(
            try fixture.query("SELECT sql FROM sqlite_master WHERE name = 'users'") == [
                [
                    "CREATE TABLE \"users\" (\n\t\"id\" BIGINT, \n\t\"name\" TEXT, \n\t\"_dlt_load_id\" TEXT NOT NULL, \n\t"
                        + "\"_dlt_id\" VARCHAR(128) NOT NULL\n)"
                ]
            ])
        #expect(
            try fixture.query("SELECT name FROM sqlite_master") == [
                ["_dlt_version"], ["_dlt_pipeline_state"], ["_dlt_loads"], ["users"],
            ])
    }

    @Test func `a plan names tables of the file and temporary ones apart, and rows are a comment`() throws {
        let fixture = try SQLiteFixture()
        var users = TestPackages.users("merge")
        users.properties["x-merge-strategy"] = "upsert"
        var id = try #require(users[column: "id"])
        id.hints["primary_key"] = true
        users.put(id)
        let first = try fixture.spool.makePackage([users], rows: TestPackages.userRows(1, 3))
        #expect(try fixture.load([first]).status == 0)
        let base = try fixture.spool.committedSchema("p")
        let merge = try fixture.load([
            fixture.spool.makePackage([], rows: TestPackages.userRows(2, 3), base: base), "--sql",
        ])
        for line in [
            "CREATE TEMP TABLE temp.\"users\" (", "UPDATE main.\"users\" AS d SET", "DROP TABLE temp.\"users\";",
        ] {
            #expect(merge.stdout.contains(line), "\(merge)")
        }
        var replaced = try #require(base?[table: "users"])
        replaced.properties["write_disposition"] = "replace"
        let replace = try fixture.load([
            fixture.spool.makePackage([replaced], rows: TestPackages.userRows(7, 1), base: base), "--sql",
        ])
        #expect(replace.stdout.contains("DELETE FROM main.\"users\";\n"), "\(replace)")
        #expect(
            replace.stdout.contains(
                "-- INSERT INTO main.\"users\" (\"id\", \"name\", \"_dlt_load_id\", \"_dlt_id\") VALUES (?, ?, ?, ?);"))
    }
}
