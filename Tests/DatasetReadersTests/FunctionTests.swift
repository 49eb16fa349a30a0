import DatasetReaders
import Destinations
import Failures
import SystemIO
import TestSupport
import Testing

@testable import SQLiteConnector

/// PostgreSQL's functions in SQLite, beside PostgreSQL itself.
@Suite(.serialized)
struct FunctionTests {
    /// Expressions that have one value on both. `t` is a time.
    private static let expressions = [
        "left('abcdef', 2)", "left('abcdef', -2)", "left('abc', 0)", "right('abcdef', 2)", "right('abcdef', -2)",
        "left('äöü', 2)",
        "split_part('a,b,c', ',', 2)", "split_part('a,b,c', ',', 9)", "split_part('a,b,c', ',', -1)",
        "split_part('abc', '', 1)",
        "reverse('añb')", "upper('Zoë')", "lower('ÀB')", "repeat('ab', 3)", "repeat('ab', -1)",
        "initcap('hello wORLD x1y-z')", "translate('12345', '143', 'ax')",
        "btrim('  a b  ')", "btrim('xxaxyx', 'xy')", "lpad('7', 3, '0')", "lpad('hello', 3)", "lpad('a', 5, 'xy')",
        "rpad('a', 4, 'xy')",
        "rpad('a', 3)", "concat('a', NULL, 'b', 1)", "concat_ws('-', 'a', NULL, 'b')", "greatest(1, 3, 2)",
        "least(2, NULL, 1)",
        "greatest('a', 'c', 'b')", "num_nulls(1, NULL, 2)", "num_nonnulls(1, NULL, 2)", "strpos('hello', 'll')",
        "strpos('hello', 'x')",
        "strpos('hello', '')", "md5('')", "md5('hello')",
        "md5('a text that is longer than one block of sixty-four bytes, as it should be for a test')", "to_hex(255)",
        "to_hex(5000000000)", "to_hex(-5000000000)",
        "regexp_replace('foobarbaz', 'b..', 'X')", "regexp_replace('foobarbaz', 'b..', 'X', 'g')",
        "regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')", "regexp_replace('a.b.c', '\\.', '-', 'g')",
        "regexp_replace('Äpfel und Birnen', '[A-ZÄ](\\w+)', '<\\&|\\1>', 'g')", "regexp_replace('abc', '', '-', 'g')",
        "regexp_replace('abcabc', 'B', 'x', 'gi')", "regexp_replace('aaa', 'a|aa', 'x')",
        "regexp_replace('aaa', 'a+?', 'x')", "regexp_replace('<a><b>', '<.*>', 'x')",
        "regexp_replace('<a><b>', '<.*?>', 'x', 'g')", "regexp_replace('a c b', 'a.*?b|c', '<\\&>', 'g')",
        "regexp_replace('xayb', 'x.*?b|y', '-')",
        "regexp_replace('2024-01-15', '(\\d+)-(\\d+)-(\\d+)', '\\3.\\2.\\1')",
        "regexp_replace('x  y   z', '\\s+', ' ', 'g')", "regexp_replace('abc', 'z*', '.', 'g')",
        "regexp_replace('ab', '(a)|(b)', '[\\1\\2]', 'g')", "regexp_replace('a\\b', 'b', '\\\\', 'g')",
        "regexp_replace('abcd', '^..', '')", "regexp_replace('abcd', '..$', '')",
        "regexp_replace('none', 'x(y)', '\\1')",
        "regexp_replace('abab', '(ab)+', '<\\1>')", "regexp_replace('foo bar', '(o+) (b|ba)', '\\2 \\1')",
        "ascii('ä')", "chr(228)", "char_length('äöü')", "octet_length('äöü')", "coalesce(NULL, 'x')", "nullif(1, 1)",
        "date_part('year', t)", "date_part('month', t)", "date_part('day', t)", "date_part('hour', t)",
        "date_part('minute', t)",
        "date_part('second', t)", "date_part('milliseconds', t)", "date_part('microseconds', t)", "date_part('dow', t)",
        "date_part('isodow', t)", "date_part('doy', t)", "date_part('week', t)", "date_part('isoyear', t)",
        "date_part('quarter', t)",
        "date_part('decade', t)", "date_part('century', t)", "date_part('millennium', t)", "date_part('epoch', t)",
        "date_trunc('second', t)", "date_trunc('minute', t)", "date_trunc('hour', t)", "date_trunc('day', t)",
        "date_trunc('week', t)",
        "date_trunc('month', t)", "date_trunc('quarter', t)", "date_trunc('year', t)", "date_trunc('decade', t)",
        "date_trunc('century', t)", "date_trunc('millennium', t)", "date_trunc('milliseconds', t)",
        "to_timestamp(1705305600)",
        "to_char(t, 'YYYY/MM/DD HH24:MI:SS.US')", "to_char(t, 'Dy, DD Mon YY')", "to_char(t, 'Day|Month|MONTH|FMday')",
        "to_char(t, 'HH12:MI AM')", "to_char(t, 'IYYY-\"W\"IW-ID')", "to_char(t, 'Q DDD D MS SSSSS')",
        "to_char(t, 'FMMM/FMDD')",
    ]

    private static let times = [
        "2024-02-29 08:05:09.123456", "2023-01-01 00:00:00", "2020-12-31 23:59:59.999999", "1969-07-20 12:17:40",
        "2001-01-01 13:00:00.5",
        "0900-03-01 00:00:00",
    ]

    @Test(
        "functions of PostgreSQL have their values in SQLite",
        .enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
    func values() throws {
        let ours = try ReadingPlace(.sqlite).session()
        let theirs = try ReadingPlace(.postgresql).session()
        for expression in Self.expressions {
            for time in expression.contains("t)") || expression.contains("(t,") ? Self.times : ["2024-01-15 08:00:00"] {
                func value(_ session: any ReadingSession, _ type: String) -> String {
                    do {
                        let rows = try session.open(
                            Query("SELECT \(expression) AS v FROM (SELECT CAST('\(time)' AS \(type)) AS t) AS x"))
                        return try rows.next() ? rows.cell(0).string ?? "NULL" : "no row"
                    } catch { return "\(error)" }
                }
                // Of a number, not of its spelling.
                let (left, right) = (value(ours, "TEXT"), value(theirs, "timestamptz"))
                #expect(
                    Double(left).map { $0 == Double(right) } ?? (left == right),
                    "\(expression) of \(time): \(left), \(right)")
            }
        }
    }

    @Test(
        "aggregates of PostgreSQL have their values in SQLite",
        .enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
    func aggregates() throws {
        let ours = try ReadingPlace(.sqlite).session()
        let theirs = try ReadingPlace(.postgresql).session()
        for aggregate in [
            "string_agg(name, ', ')", "bool_and(id > 0)", "bool_or(id > 2)", "every(id > 1)", "stddev(id)",
            "stddev_pop(id)", "variance(id)",
            "var_pop(id)", "var_samp(id)",
        ] {
            for condition in ["id > 0", "id = 1", "id > 9"] {
                func value(_ session: any ReadingSession) throws -> String {
                    let text =
                        try session.drain(
                            "SELECT \(aggregate) FROM (SELECT * FROM orders WHERE \(condition) ORDER BY id) AS o")[0][0]
                        ?? "NULL"
                    return text == "true" ? "1" : text == "false" ? "0" : text
                }
                let (left, right) = try (value(ours), value(theirs))
                let isSame =
                    Double(left).flatMap { left in Double(right).map { abs(left - $0) < 1e-9 } } ?? (left == right)
                #expect(isSame, "\(aggregate) where \(condition): \(left), \(right)")
            }
        }
    }

    @Test("a pattern that is malformed, and a unit that is not known, are mistakes of the query")
    func mistakes() throws {
        let session = try ReadingPlace(.sqlite).session()
        for sql in [
            "SELECT regexp_like('a', '(')", "SELECT date_trunc('fortnight', '2024-01-01')",
            "SELECT date_part('x', '2024-01-01')",
            "SELECT date_trunc('day', 'yesterday')", "SELECT to_char(1, '999')", "SELECT chr(0)",
            "SELECT split_part('a', ',', 0)",
            "SELECT repeat('a', 9223372036854775807)", "SELECT lpad('a', 9223372036854775807)",
        ] {
            let failure = #expect(throws: QueryFailure.self, "\(sql)") { try session.drain(sql) }
            #expect(failure?.kind == .data)
        }
        #expect(try session.drain("SELECT 'abc' REGEXP '^a.c$', regexp_like('abc', 'B')") == [["1", "0"]])
        #expect(
            try session.drain("SELECT left('abc', -9223372036854775808), right('abc', 9223372036854775807)") == [
                ["", "abc"]
            ])
    }

    @Test("the manual names every function")
    func manual() throws {
        let page = String(decoding: try Files.readAll(repository("man/dlt-query.1.in")), as: UTF8.self)
        for name in PostgreSQLFunctions.names { #expect(page.contains(name)) }
    }
}
