import SystemIO
import TestSupport
import Testing

/// dlt-schema as a person runs it.
struct SchemaProgramTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, stdin: String = "") throws -> ProgramResult {
        try runShell(
            script, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data"), "FIXTURES": repository("Tests/Fixtures/inspection")],
            currentDirectory: folder.path)
    }

    @Test func `import keeps the names of tables with data`() throws {
        let result = try shell(
            """
            dlt-schema import $FIXTURES/shop.schema.yaml --pipeline shop -q
            sed 's/^  orders__tags:/  orders__labels:/' $FIXTURES/shop.schema.yaml > changed.yaml
            dlt-schema import changed.yaml -q; echo $?
            dlt-schema diff shop changed.yaml > /dev/null; echo $?
            dlt-schema import changed.yaml -q --force; echo $?
            dlt-schema diff shop changed.yaml; echo $?
            """)
        #expect(result.lines == ["65", "1", "0", "0"], "\(result)")
        #expect(result.stderr.contains("would lose orders__tags"))
    }

    @Test func `a sketch on stdin becomes a complete schema on stdout`() throws {
        let result = try shell("dlt-schema export --format json - --json", stdin: "tables: {t: {columns: {a: bigint}}}")
        #expect(result.status == 0, "\(result)")
        #expect(result.lines.count == 1)
        #expect(result.stdout.hasPrefix("{\"version\":1,\"version_hash\":\""))
        #expect(result.stdout.contains("\"a\":{\"data_type\":\"bigint\",\"name\":\"a\"}"))
        let again = try shell("dlt-schema export --format json - --json", stdin: result.stdout)
        #expect(again.stdout == result.stdout)
    }

    @Test func `the schema in force is the last load's, or a version that was stored after it`() throws {
        let result = try shell(
            #"""
            export DLT_PIPELINE=p
            load() { echo '{"id":1}' | dlt-normalize -q --table t --write-disposition $1 | dlt-load -q sqlite:///x.db; }
            show() { dlt-schema show sqlite:///x.db | sed -n 's/^t  (\([a-z]*\).*/\1/p'; }
            load append && load replace && show
            load append && show
            load replace
            sqlite3 x.db "INSERT INTO _dlt_version SELECT version, engine_version, '2100-01-01 00:00:00.000000', schema_name,
              version_hash, schema FROM _dlt_version ORDER BY version LIMIT 1"
            show
            # As dlt made them before its loads named versions.
            sqlite3 x.db "ALTER TABLE _dlt_loads DROP COLUMN schema_version_hash"
            show
            """#)
        #expect(result.lines == ["replace", "append", "append", "append"], "\(result)")
    }

    @Test func `SQL is SQLite's own`() throws {
        let result = try shell(
            "dlt-schema export --format sql $FIXTURES/shop.schema.yaml --without-system-tables")
        #expect(result.stdout.hasPrefix("CREATE TABLE main.\"orders\" (\n\t\"gone\" BOOLEAN"), "\(result)")
        #expect(!result.stdout.contains("_dlt_loads"))
    }

    @Test func `validate lists everything with its line`() throws {
        let result = try shell(
            "dlt-schema validate - --json",
            stdin: "tables:\n  t:\n    columns:\n      a: {data_type: strng}\n      b: {nulable: true}\n")
        #expect(result.status == 65)
        #expect(result.lines.count == 2, "\(result)")
        #expect(result.stdout.contains("\"line\":4"))
        #expect(result.stdout.contains("did you mean 'nullable'?"))
    }

    @Test func `a missing libyaml is no mistake of the schema`() throws {
        try folder.write("libyaml-0.so.2", "not a library\n")
        let result = try shell(
            "echo 'tables: {}' > s.yaml; LD_LIBRARY_PATH=$PWD dlt-schema validate s.yaml")
        #expect(result.status == 69 && result.stderr.contains("unable to read s.yaml: "), "\(result)")
        #expect(result.stderr.contains("apt-get install libyaml-0-2"), "\(result)")
    }

    @Test func `what somebody has changed in the tables shows up`() throws {
        let result = try shell(
            """
            echo '{"id":1,"n":"x","l":[1]}' | dlt-normalize --table t -q | dlt-load -q sqlite:///x.db
            dlt-schema diff sqlite:///x.db --tables --pipeline t; echo $?
            sqlite3 x.db 'ALTER TABLE t ADD COLUMN mine TEXT; ALTER TABLE t DROP COLUMN n; DROP TABLE t__l;
              ALTER TABLE t ADD COLUMN n INTEGER NOT NULL DEFAULT 0'
            dlt-schema diff sqlite:///x.db --tables --pipeline t; echo $?
            dlt-schema diff t sqlite:///x.db --tables --json; echo $?
            """)
        #expect(
            result.lines.prefix(7) == [
                "0", "~ t", "    ~ n  TEXT -> INTEGER", "    ~ n  may be null -> must not be null", "    + mine  TEXT",
                "- t__l  (no such table)", "1",
            ], "\(result)")
        #expect(result.stdout.contains(#""column":"n","property":"type","old":"TEXT","new":"INTEGER""#), "\(result)")
    }
}
