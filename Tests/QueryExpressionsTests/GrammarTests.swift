import QueryExpressions
import Testing

@Suite struct GrammarTests {
    private func condition(_ text: String, _ dialect: any QueryDialect = Shop.sqlite) throws -> String {
        let sql = try Shop.query {
            $0.select = "number"
            $0.conditions = [text]
        }.statement(dialect).sql
        let start = try #require(sql.firstRange(of: "WHERE ")).upperBound
        return String(sql[start...]).replacing("\"orders\".", with: "").replacing("\"", with: "")
    }

    private func refusal(_ text: String) -> QueryTextFailure? {
        do {
            _ = try condition(text)
            return nil
        } catch { return error as? QueryTextFailure }
    }

    @Test(arguments: [
        ("number + 1 * 2 = 7", "((number + (1 * 2)) = 7)"),
        ("not number = 1 and paid or paid", "(((NOT (number = 1)) AND paid) OR paid)"),
        ("-number * 2 < 3", "(((- number) * 2) < 3)"),
        ("city in ('Linz', 'Graz')", "(city IN ('Linz', 'Graz'))"),
        ("city not in ('O''Neill')", "(city NOT IN ('O''Neill'))"),
        ("city is not null", "(city IS NOT NULL)"),
        ("number between 1 and 2 and paid", "((number >= 1 AND number <= 2) AND paid)"),
        ("customer.name = 'x'", "(customer__name = 'x')"),
        ("orders.city = 'x'", "(city = 'x')"),
        ("City = 'x'", "(city = 'x')"),
        ("city like 'a_%\\%'", "(city GLOB 'a?*%')"),
        ("city like '[*]'", "(city GLOB '[[][*]]')"),
        ("placed_at >= '2024-01-31'", "(placed_at >= '2024-01-31 00:00:00.000000')"),
        ("placed_at >= due", "(placed_at >= (due || ' 00:00:00.000000'))"),
        ("due = date '2024-01-31'", "(due = '2024-01-31')"),
        ("gas > 5", "(decimal_cmp(gas, 5) > 0)"),
        ("total + 1 > 5", "(decimal_cmp(decimal_add(total, 1), 5) > 0)"),
        ("total > 5.5", "(total > 5.5)"),
        ("raw = x'00Ff'", "(raw = x'00ff')"),
    ])
    func `an expression means something else than it says`(_ text: String, _ expected: String) throws {
        #expect(try condition(text) == expected)
    }

    @Test(arguments: [
        ("citty = 'x'", 1, "\"citty\" is not a column", "did you mean city?"),
        ("number = 1 and citty = 'x'", 16, "not a column", "did you mean city?"),
        ("city = Linz", 8, "\"Linz\" is not a column", "columns are"),
        ("number = 'x'", 10, "'x' is not a bigint", "without quotes"),
        ("number = city", 10, "cannot be compared", "cast"),
        ("number", 1, "a condition is true or false", "compare"),
        ("number = ", 10, "an expression is expected", nil),
        ("(number = 1", 12, "')' is expected", nil),
        ("number = 1)", 11, "closes nothing", nil),
        ("number = 1; drop table orders", 11, "';' ends a statement", nil),
        ("city = 'x", 8, "is not closed", nil),
        ("uper(city) = 'X'", 1, "no function uper()", "upper"),
        ("len(city) = 1", 1, "no function len()", "length"),
        ("sum(number) > 1", 1, "about many rows", "--agg"),
        ("data = 'x'", 8, "is not a json", "->>"),
        ("city = null", 6, "nothing equals NULL", "IS NULL"),
        ("placed_at > 'soon'", 13, "'soon' is not a timestamp", "2024"),
        ("1 < number < 3", 12, "cannot be chained", "BETWEEN"),
        ("city = :who", 8, "nothing is given for :who", "--param who"),
        ("city like number", 11, "a pattern is a text", nil),
        ("order = 1", 1, "the word ORDER", "\"order\""),
        ("substr(city, 0) = 'x'", 14, "number 1", nil),
        ("cast(city as varchar) = 'x'", 14, "not a data type", nil),
    ])
    func `a mistake is not shown where it is`(_ text: String, _ column: Int, _ reason: String, _ hint: String?) throws {
        let failure = try #require(refusal(text))
        #expect(failure.error.place + 1 == column, "\(failure.message)")
        #expect(failure.message.contains(reason), "\(failure.message)")
        if let hint { #expect(failure.hint?.contains(hint) == true, "\(failure.hint ?? "no hint")") }
        #expect(failure.message.hasPrefix("unable to read --where: at column \(column), "))
    }

    @Test func `an expression can be as deep as it likes`() {
        let deep = String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000)
        #expect(refusal(deep + " = 1")?.message.contains("nested deeper") == true)
        let minus = String(repeating: "- ", count: 1000) + "1 = 1"
        #expect(refusal(minus)?.message.contains("nested deeper") == true)
        let chain = Array(repeating: "paid", count: 1000).joined(separator: " and ")
        #expect(refusal(chain)?.message.contains("more than") == true)
        let list = "number in (" + (0..<5000).map(String.init).joined(separator: ",") + ")"
        #expect(refusal(list) == nil)
    }

    @Test(arguments: ["'; DROP TABLE orders; --", "\\'; DROP TABLE orders; --", "e\u{301}'\u{301}", "''", "\\"])
    func `a text becomes SQL`(_ text: String) throws {
        for (name, dialect) in Shop.dialects {
            let sql = try Shop.query {
                $0.select = "number"
                $0.conditions = ["city = :text"]
                $0.parameters = ["text": text]
            }.statement(dialect).sql
            // Read as the database does: what is between the quotes is the text again.
            var scalars = Array(sql.unicodeScalars)
            let start = try #require(scalars.firstIndex(of: "'"))
            let hasEscapes = name == "postgresql" && scalars[start - 1] == "E"
            scalars.removeFirst(start + 1)
            var read = String.UnicodeScalarView()
            var place = 0
            while place < scalars.count {
                if hasEscapes, scalars[place] == "\\" {
                    read.append(scalars[place + 1])
                    place += 2
                } else if scalars[place] == "'" {
                    guard place + 1 < scalars.count, scalars[place + 1] == "'" else { break }
                    read.append("'")
                    place += 2
                } else {
                    read.append(scalars[place])
                    place += 1
                }
            }
            #expect(Array(String(read).utf8) == Array(text.utf8), "\(name): \(sql)")
            #expect(String(String.UnicodeScalarView(scalars[(place + 1)...])) == ")", "\(name): \(sql)")
        }
    }
}
