import DuckDB
import TestSupport
import Testing

@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct AppenderTests {
    let database: Database

    init() throws {
        database = try Database.open(nil, [("threads", "1")])
        try database.execute("SET GLOBAL TimeZone = 'UTC'")
    }

    func appender(_ columns: [String], of table: String = "t") throws -> Appender {
        try Appender(database, catalog: "memory", schema: "main", table: table, columns: columns)
    }

    /// Appends values into a column of a type, the last row NULL, and reads them as text.
    func round<Value: BitwiseCopyable>(_ type: String, _ kind: Appender.ColumnType, _ values: [Value]) throws
        -> [String?]
    {
        try database.execute("CREATE TABLE t (a \(type))")
        defer { _ = try? database.execute("DROP TABLE t") }
        let appender = try appender(["a"])
        #expect(appender.columns[0].type == kind)
        for (row, value) in values.enumerated() { appender.vectors[0].store(value, row) }
        appender.vectors[0].storeNull(values.count)
        try appender.append(rows: values.count + 1)
        try appender.flush()
        let rows = try database.query("SELECT a FROM t").map { $0[0] }
        #expect(rows.last == .some(nil))
        return rows.dropLast()
    }

    @Test func `integers of every width keep their extremes`() throws {
        #expect(try round("TINYINT", .int8, [Int8.min, 0, .max]) == ["-128", "0", "127"])
        #expect(try round("SMALLINT", .int16, [Int16.min, .max]) == ["-32768", "32767"])
        #expect(try round("INTEGER", .int32, [Int32.min, .max]) == ["-2147483648", "2147483647"])
        #expect(try round("BIGINT", .int64, [Int64.min, .max]) == ["-9223372036854775808", "9223372036854775807"])
        #expect(
            try round("HUGEINT", .int128, [-Int128.max, -1, 0, .max]) == [
                "-170141183460469231731687303715884105727", "-1", "0", "170141183460469231731687303715884105727",
            ])
        #expect(try round("BOOLEAN", .boolean, [UInt8(0), 1]) == ["false", "true"])
    }

    @Test func `decimals of every width keep their digits`() throws {
        let nines = Int128("99999999999999999999999999999999999999") ?? 0
        #expect(
            try round("DECIMAL(4,2)", .decimal, [Int16(-9999), 5, 9999]) == [
                "-99.99", "0.05", "99.99",
            ])
        #expect(
            try round("DECIMAL(9,3)", .decimal, [Int32(-999_999_999), 1]) == [
                "-999999.999", "0.001",
            ])
        #expect(
            try round("DECIMAL(18,9)", .decimal, [Int64(999_999_999_999_999_999), -1]) == [
                "999999999.999999999", "-0.000000001",
            ])
        #expect(
            try round("DECIMAL(38,9)", .decimal, [nines, -nines, 123_456_789_012_123_456_000]) == [
                "99999999999999999999999999999.999999999", "-99999999999999999999999999999.999999999",
                "123456789012.123456000",
            ])
        #expect(
            try round("DECIMAL(38,0)", .decimal, [nines]) == ["99999999999999999999999999999999999999"])
    }

    @Test func `a decimal says its digits`() throws {
        try database.execute("CREATE TABLE t (a DECIMAL(18,9), b BIGINT)")
        let columns = try appender(["b", "a"]).columns
        #expect(columns.map(\.digits) == [0, 18])
        #expect(columns.map(\.scale) == [0, 9])
    }

    @Test func `doubles, also those without a number`() throws {
        #expect(
            try round(
                "DOUBLE", .double, [0.1, -0.0, Double.leastNonzeroMagnitude, Double.greatestFiniteMagnitude, .infinity])
                == [
                    "0.1", "-0.0", "5e-324", "1.7976931348623157e+308", "inf",
                ])
    }

    @Test func `times before 1970 and of the year 9999`() throws {
        let last: Int64 = 253_402_300_799_999_999
        let shown = ["1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00"]
        #expect(
            try round("DATE", .date, [Int32(-1), 2_932_896, -719_162]) == ["1969-12-31", "9999-12-31", "0001-01-01"])
        #expect(try round("TIME", .time, [Int64(0), 86_399_999_999]) == ["00:00:00", "23:59:59.999999"])
        #expect(try round("TIMESTAMP", .microseconds, [-1, last, -62_135_596_800_000_000]) == shown)
        #expect(
            try round("TIMESTAMP WITH TIME ZONE", .microsecondsUTC, [-1, last, -62_135_596_800_000_000])
                == shown.map { $0 + "+00" })
        #expect(try round("TIMESTAMP_S", .seconds, [Int64(-1)]) == ["1969-12-31 23:59:59"])
        #expect(try round("TIMESTAMP_MS", .milliseconds, [Int64(-1)]) == ["1969-12-31 23:59:59.999"])
        #expect(try round("TIMESTAMP_NS", .nanoseconds, [Int64(-1)]) == ["1969-12-31 23:59:59.999999999"])
    }

    @Test func `texts and bytes of every length, empty, with zeros, and JSON as it is written`() throws {
        try database.execute("CREATE TABLE t (a VARCHAR, b BLOB, j JSON)")
        let appender = try appender(["a", "b", "j"])
        #expect(appender.columns.map(\.type) == [.text, .blob, .json])
        let texts = ["", "a", "twelve bytes", "thirteen byte", "é\0日本", String(repeating: "long ", count: 100_000)]
        let json = #"{"a": 2.50, "b": 12345678901234567890.10}"#
        for text in texts {
            try Array(text.utf8).withUnsafeBytes { bytes in
                try Array(json.utf8).withUnsafeBytes { json in
                    appender.vectors[0].store(bytes, 0)
                    appender.vectors[1].store(bytes, 0)
                    appender.vectors[2].store(json, 0)
                    try appender.append(rows: 1)
                }
            }
        }
        try appender.flush()
        #expect(try database.query("SELECT a FROM t").map { $0[0] } == texts)
        #expect(
            try database.query("SELECT octet_length(b), hex(b) = hex(a), j FROM t")
                == texts.map { ["\($0.utf8.count)", "true", json] })
    }

    @Test func `columns that are not named become their default`() throws {
        try database.execute("CREATE TABLE t (a INTEGER, b INTEGER DEFAULT 7, \"C\"\"q\" VARCHAR, d INTEGER)")
        let appender = try appender(["d", "C\"q"])
        #expect(appender.columns.map(\.type) == [.int32, .text])
        appender.vectors[0].store(Int32(4), 0)
        appender.vectors[1].storeNull(0)
        try appender.append(rows: 1)
        try appender.flush()
        #expect(try database.query("SELECT * FROM t") == [[nil, "7", nil, "4"]])
    }

    @Test func `types that are not known are cast from text`() throws {
        try database.execute("CREATE TABLE t (u UUID, l INTEGER[], f FLOAT, e ENUM ('x'))")
        let appender = try appender(["u", "l", "f", "e"])
        #expect(appender.columns.map(\.type) == [.other, .other, .other, .other])
        try Array("a1b2c3d4-0000-0000-0000-000000000000".utf8).withUnsafeBytes { uuid in
            appender.vectors[0].store(uuid, 0)
            // Twelve bytes and less are copied.
            for (column, text) in [(1, "[1, 2]"), (2, "1.5"), (3, "x")] {
                Array(text.utf8).withUnsafeBytes { appender.vectors[column].store($0, 0) }
            }
            try appender.append(rows: 1)
        }
        try appender.flush()
        #expect(
            try database.query("SELECT * FROM t") == [["a1b2c3d4-0000-0000-0000-000000000000", "[1, 2]", "1.5", "x"]])
    }

    @Test func `many chunks keep their order, and NULLs their places`() throws {
        try database.execute("CREATE TABLE t (a BIGINT, b VARCHAR)")
        let appender = try appender(["a", "b"])
        #expect(appender.capacity == 2048)
        for chunk in 0..<150 {
            let text = Array("some text of chunk \(chunk)".utf8)
            try text.withUnsafeBytes { text in
                for row in 0..<appender.capacity {
                    appender.vectors[0].store(Int64(chunk * appender.capacity + row), row)
                    if row % 3 == 0 { appender.vectors[1].storeNull(row) } else { appender.vectors[1].store(text, row) }
                }
                try appender.append(rows: appender.capacity)
            }
        }
        try appender.flush()
        let wrong = """
            SELECT count(*) FROM t WHERE a != rowid OR (b IS NULL) != (a % 2048 % 3 = 0)
                OR b != 'some text of chunk ' || a // 2048
            """
        #expect(try database.query(wrong) == [["0"]])
        #expect(try database.query("SELECT count(*), count(b) FROM t") == [["307200", "204750"]])
    }

    @Test func `rows belong to the transaction, and an abandoned appender writes no more`() throws {
        try database.execute("CREATE TABLE t (a BIGINT)")
        try database.begin()
        var appender: Appender? = try appender(["a"])
        appender?.vectors[0].store(Int64(1), 0)
        try appender?.append(rows: 1)
        try appender?.flush()
        try database.rollback()
        #expect(try database.query("SELECT * FROM t") == [])
        appender?.vectors[0].store(Int64(2), 0)
        try appender?.append(rows: 1)
        appender = nil
        #expect(try database.query("SELECT * FROM t") == [])
    }

    @Test func `rows that the table refuses are reported, and their transaction cannot be committed`() throws {
        try database.execute("CREATE TABLE t (a BIGINT PRIMARY KEY)")
        try database.begin()
        try database.execute("INSERT INTO t VALUES (1)")
        let appender = try appender(["a"])
        appender.vectors[0].store(Int64(1), 0)
        let error = #expect(throws: DuckDBError.self) {
            try appender.append(rows: 1)
            try appender.flush()
        }
        #expect(error?.isData == true)
        #expect(error?.message.contains("uplicate key") == true, "\(String(describing: error))")
        #expect(throws: DuckDBError.self) { try database.commit() }
        try database.rollback()
        #expect(try database.query("SELECT * FROM t") == [])
    }

    @Test func `a table or column that is not there is reported`() throws {
        try database.execute("CREATE TABLE t (a BIGINT)")
        let absent = #expect(throws: DuckDBError.self) { _ = try self.appender(["a"], of: "absent") }
        #expect(absent?.message.contains("absent") == true, "\(String(describing: absent))")
        let column = #expect(throws: DuckDBError.self) { _ = try self.appender(["absent"]) }
        #expect(column?.message == "the column must exist in the table")
    }
}
