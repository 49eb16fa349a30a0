import ProgramSupport
import Testing

struct TextTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (12_345, "12,345")])
    func `counts are grouped`(number: Int, text: String) { #expect(NumberText.count(number) == text) }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1500, "1.5 kB"), (20_000_000, "20 MB"),
            (999_600, "1.0 MB"), (Int64.max, "9223372 TB"),
        ] as [(Int64, String)])
    func `sizes take the largest unit that fits`(size: Int64, text: String) {
        #expect(NumberText.bytes(size) == text)
    }

    @Test(
        arguments: [
            (800_000_000, "0.80 s"), (4_200_000, "4.2 ms"), (12_000_000_000, "12 s"), (200_000_000_000, "3 min 20 s"),
            (7_500_000_000_000, "2 h 5 min"), (59_600_000_000, "1 min 0 s"),
        ] as [(Int64, String)])
    func `durations are rounded, not cut`(nanoseconds: Int64, text: String) {
        #expect(NumberText.duration(nanoseconds: nanoseconds) == text)
    }

    @Test func `times are read with their units, up to 30 years`() {
        #expect(NumberText.nanoseconds("90s") == 90_000_000_000)
        #expect(NumberText.nanoseconds("1.5m") == 90_000_000_000)
        #expect(NumberText.nanoseconds("2h") == 7_200_000_000_000)
        #expect(NumberText.nanoseconds("7") == 7_000_000_000)
        for text in ["", "x", "-1s", "0", "nan", "inf", "9999999d"] { #expect(NumberText.nanoseconds(text) == nil) }
    }

    @Test func `one row is not rows`() {
        #expect([0, 1, 2000].map(NumberText.rows) == ["0 rows", "1 row", "2,000 rows"])
        #expect(NumberText.rate(5, nanoseconds: 0) == "- rows/s")
        #expect(NumberText.rate(24_600, nanoseconds: 2_000_000_000) == "12,300 rows/s")
    }

    @Test func `a table aligns words to the left and numbers to the right`() {
        let table = TextTable(header: ["name", "rows"], rows: [["events", "1,200"], ["日本", "7"]])
        #expect(table.text() == "name     rows\nevents  1,200\n日本        7\n")
        #expect(TextTable(header: [], rows: [["a\nb"]]).text() == "a\\nb\n")
        let wide = TextTable(header: ["home", "n"], rows: [["sqlite:////home/ann/projects/shop.db", "7"]])
        let fitted = wide.text(fitting: TextTable.Room(columns: 20, shrinking: [0]))
        #expect(
            fitted.split(separator: "\n").allSatisfy { $0.count <= 20 } && fitted.contains("…")
                && fitted.contains("shop.db"))
        #expect(
            wide.text(fitting: TextTable.Room(columns: 20)).contains("sqlite:////home/ann/projects/shop.db"))
        #expect(wide.text().contains("sqlite:////home/ann/projects/shop.db"))
    }

    @Test func `the folder of the user is the first to be shortened`() {
        let wide = TextTable(header: ["home", "n"], rows: [["sqlite:////home/ann/projects/shop.db", "7"]])
        let room = TextTable.Room(columns: 34, shrinking: [0], home: "/home/ann")
        #expect(wide.text(fitting: room).contains("sqlite:///~/projects/shop.db"))
        let enough = TextTable.Room(columns: 80, shrinking: [0], home: "/home/ann")
        #expect(wide.text(fitting: enough) == wide.text())
    }

    @Test func `columns are left out where cutting them is not enough`() {
        let table = TextTable(
            header: ["pipeline", "tables", "load id"], rows: [["github", "12", "1796121234.567890"]])
        let room = TextTable.Room(columns: 30, shrinking: [0], dropping: [1])
        #expect(table.text(fitting: room) == "pipeline            load id\ngithub    1796121234.567890\n")
    }

    @Test func `sentences go on below their column`() {
        let table = TextTable(header: [], rows: [["line 7", "the value is not a number, and was left out"]])
        #expect(
            table.text(fitting: TextTable.Room(columns: 32, wrapsLast: true))
                == "line 7  the value is not a\n        number, and was left out\n")
        let path = TextTable(header: [], rows: [["path", String(repeating: "x", count: 50)]])
        #expect(path.text(fitting: TextTable.Room(columns: 32, wrapsLast: true)) == path.text())
    }

    @Test func `signs of a comparison have colors`() {
        let lines = TerminalLines(columns: 80, colorsSigns: true)
        #expect(
            lines.text("~ users\n    + a  text\n") == "\u{1B}[33m~ users\u{1B}[0m\n\u{1B}[32m    + a  text\u{1B}[0m\n")
        #expect(lines.text("users\n    a  text\n") == "users\n    a  text\n")
        #expect(TerminalLines(columns: 80, colorsSigns: false).text("+ a\n") == "+ a\n")
    }

    @Test func `a cell cannot steer the terminal`() {
        #expect(TextTable(header: [], rows: [["a\u{1B}[2Jb"]]).text() == "a\\u{1b}[2Jb\n")
    }
}
