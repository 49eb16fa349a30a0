import SystemIO
import TestSupport
import Testing

/// The prompt of dlt-query, at a terminal.
struct QueryPromptTests {
    private let pipeline: Pipeline

    init() throws {
        pipeline = try Pipeline()
        let result = try pipeline.shell(
            "dlt-normalize --table orders --pipeline shop | dlt-load \"$URL\"",
            stdin: #"{"id":1,"name":"Ada","tags":["a","b"]}"# + "\n" + #"{"id":2,"name":"Grace","tags":["c"]}"# + "\n")
        #expect(result.status == 0, "\(result)")
    }

    private func open(_ more: [String: String] = [:]) throws -> PseudoTerminal {
        let environment = ["HOME": pipeline.folder.path("home"), "XDG_STATE_HOME": ""]
        let terminal = try PseudoTerminal(
            "dlt-query shop", environment: pipeline.environment.merging(environment) { $1 }.merging(more) { $1 },
            currentDirectory: pipeline.folder.path)
        try terminal.wait(for: "shop=> ")
        return terminal
    }

    /// By ^D at the next prompt.
    private func leave(_ terminal: PseudoTerminal) throws -> Int32 {
        try terminal.wait(for: "shop=> ")
        try terminal.type("\u{4}")
        return try terminal.end()
    }

    private static let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n;"

    @Test func `a statement over several lines runs at its semicolon, and mistakes end nothing`() throws {
        let terminal = try open()
        try terminal.type("SELECT name\n")
        try terminal.wait(for: "shop-> ")
        try terminal.type("FROM orders -- of all; people\n")
        try terminal.wait(for: "shop-> ")
        try terminal.type("WHERE name <> ';' AND id = 2; SELECT 6 * 7 AS answer;\n")
        #expect(try terminal.wait(for: "42").contains("Grace"))
        try terminal.type("SELECT nme FROM orders;\n")
        try terminal.wait(for: "did you mean name?")
        try terminal.type("DELETE FROM orders;\n")
        try terminal.wait(for: "only queries are run here")
        try terminal.type("\\q\n")
        #expect(try terminal.end() == 0)
        #expect(try pipeline.integer("SELECT count(*) FROM orders") == 2)
    }

    @Test func `the commands list, describe, ask, and choose the format and the place of rows`() throws {
        let terminal = try open()
        try terminal.type("\\d\n")
        try terminal.wait(for: "  orders__tags")
        try terminal.type("\\d orders\n")
        try terminal.wait(for: "row_key")
        try terminal.type("\\ask orders --where \"name = 'Ada'\" --select 'upper(name) as big'\n")
        try terminal.wait(for: "ADA")
        try terminal.type("\\nested orders\n")
        try terminal.wait(for: #""tags":["c"]"#)
        try terminal.type("\\x\n")
        try terminal.wait(for: "a value a line")
        try terminal.type("SELECT 1 AS one, 2 AS two;\n")
        try terminal.wait(for: "one  1\r\ntwo  2")
        try terminal.type("\\format csv\n")
        try terminal.wait(for: "csv")
        try terminal.type("\\o out.csv\n")
        try terminal.wait(for: "into out.csv")
        try terminal.type("SELECT id FROM orders; SELECT 3 AS id;\n\\o\n")
        try terminal.wait(for: "on the terminal")
        #expect(try pipeline.folder.text("out.csv") == "id\n1\n2\nid\n3\n")
        try terminal.type("\\format\n\\o asked.csv\n\\ask orders --select id\n\\o\n")
        try terminal.wait(for: "as tables")
        try terminal.wait(for: "on the terminal")
        #expect(try pipeline.folder.text("asked.csv") == "id\n1\n2\n")
        try terminal.type("\\timing off\n")
        try terminal.wait(for: "it takes nothing")
        try terminal.type("\\timing\nSELECT 1;\n")
        try terminal.wait(for: "Time: ")
        try terminal.type("\\formt csv\n")
        try terminal.wait(for: "did you mean \\format?")
        #expect(try leave(terminal) == 0)
    }

    @Test func `^C ends the statement that runs, or the line, and not the prompt`() throws {
        let terminal = try open()
        for _ in 1...2 {
            try terminal.type(Self.endless + "\n")
            // The line was taken, and the statement runs or is about to.
            try terminal.wait(for: "FROM n;")
            try terminal.wait(for: "\n")
            try terminal.type("\u{3}")
            try terminal.wait(for: "cancelled")
            try terminal.wait(for: "shop=> ")
        }
        try terminal.type("SELECT nonsense")
        try terminal.wait(for: "nonsense")
        try terminal.type("\u{3}")
        try terminal.wait(for: "shop=> ")
        try terminal.type("SELECT 6 * 7 AS answer;\n")
        try terminal.wait(for: "42")
        #expect(try leave(terminal) == 0)
    }

    @Test func `a load goes on while a prompt is open`() throws {
        let terminal = try open()
        try terminal.type("orders;\n")
        try terminal.wait(for: "Grace")
        try terminal.wait(for: "shop=> ")
        let load = try pipeline.shell(
            "dlt-normalize --table orders --pipeline shop | dlt-load \"$URL\" --lock-timeout 1",
            stdin: #"{"id":3,"name":"Edsger"}"# + "\n")
        #expect(load.status == 0, "\(load)")
        try terminal.type("SELECT name FROM orders WHERE id = 3;\n")
        try terminal.wait(for: "Edsger")
        #expect(try leave(terminal) == 0)
    }

    @Test func `tabs complete names, and earlier statements come back, but for secrets`() throws {
        let terminal = try open()
        try terminal.type("SELECT na\tFROM ord\t;\n")
        try terminal.wait(for: "Grace")
        try terminal.type("SELECT 1 FROM orders WHERE name = 'x' OR password = 'hunter2';\n")
        try terminal.wait(for: "no such column")
        try terminal.type("\\q\n")
        #expect(try terminal.end() == 0)
        let file = "home/.local/state/dlt/query_history"
        #expect(try Files.stat(pipeline.folder.path(file)).mode == 0o600)
        #expect(try !pipeline.folder.text(file).contains("hunter2"))
        let later = try open()
        // Up, beyond \q.
        try later.type("\u{1B}[A\u{1B}[A\n")
        try later.wait(for: "Grace")
        #expect(try leave(later) == 0)
    }

    @Test func `rows that do not fit on the screen go through the pager`() throws {
        let terminal = try open(["PAGER": "sed 's/^/paged /'"])
        let numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < %) SELECT x FROM n;\n"
        try terminal.type(numbers.replacing("%", with: "10"))
        #expect(try !terminal.wait(for: "\n10").contains("paged"))
        try terminal.type(numbers.replacing("%", with: "90"))
        try terminal.wait(for: "paged 90")
        #expect(try leave(terminal) == 0)
    }

    @Test func `without libedit lines are read as they are`() throws {
        try pipeline.folder.write("lib/libedit.so.2", "no library")
        try pipeline.folder.write("lib/libedit.so.0", "no library")
        let terminal = try open(["LD_LIBRARY_PATH": pipeline.folder.path("lib")])
        #expect(terminal.screen.isEmpty || !terminal.screen.contains("internal"))
        try terminal.type("SELECT 6 * 7\n AS answer;\n")
        try terminal.wait(for: "42")
        try terminal.type("\u{3}")
        #expect(try leave(terminal) == 0)
    }

    @Test func `what is asked on a terminal without a person at both ends is answered, and no more`() throws {
        let listed = try runOnTerminal(
            "dlt-query shop < /dev/null", environment: pipeline.environment, currentDirectory: pipeline.folder.path)
        #expect(
            listed.status == 0 && listed.stdout.contains("orders__tags") && !listed.stdout.contains("=>"), "\(listed)")
    }
}
