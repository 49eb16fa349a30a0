import SystemIO
import TestSupport
import Testing

/// What people see on a terminal of 80 columns, and programs behind a pipe.
struct TerminalTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
    }

    private var environment: [String: String] {
        ["DLT_DATA_DIR": folder.path("data"), "HOME": folder.path]
    }

    private func shell(_ line: String) throws -> ProgramResult {
        try runShell(line, environment: environment, currentDirectory: folder.path)
    }

    private func terminal(_ line: String, _ others: [String: String] = [:]) throws -> ProgramResult {
        try runOnTerminal(
            line, environment: environment.merging(others) { $1 }, currentDirectory: folder.path)
    }

    /// Two pipelines with long names, one of them with a package that has failed.
    private func prepare() throws {
        let name = "a-rather-long-name-of-a-folder-that-nobody-would-type"
        try folder.write("\(name)/readme", "")
        try folder.write(
            "customer_orders.jsonl",
            #"{"id":1,"a_column_with_a_long_name_indeed":{"and_a_long_one_below":"text"},"lines":[{"sku":"a","n":1}]}"#
                + "\n")
        let load = try shell(
            """
            dlt-extract files customer_orders.jsonl | dlt-normalize --pipeline the_orders_of_all_customers --primary-key id \\
                --write-disposition merge | dlt-load sqlite:///\(name)/orders.db --keep-loaded 3
            echo '{"id":2,"new":true}' | dlt-normalize --table customer_orders --pipeline the_orders_of_all_customers > /dev/null
            """)
        #expect(load.status == 0, "\(load)")
    }

    /// Of lines that can be broken: a path is copied, and stays whole.
    private func widest(_ result: ProgramResult) -> Int {
        result.stdout.split(separator: "\n").filter { !$0.hasPrefix("path ") }.map(\.count).max() ?? 0
    }

    @Test func `tables fit the terminal, and are whole behind a pipe`() throws {
        try prepare()
        let home = "a-rather-long-name-of-a-folder-that-nobody-would-type/orders.db"
        let id = try shell("dlt-state packages --loaded --json").stdout.split(separator: "\"load_id\":\"").last?
            .prefix { $0 != "\"" }
        let load = try #require(id.map(String.init))
        try folder.write(
            "bad.yaml", "name: x\nengine_version: 11\ntables:\n  t:\n    columns:\n      c: {data_type: varchar}\n")
        try folder.write(
            "api.yaml",
            """
            client: {base_url: "https://api.example.com/"}
            resources:
              - name: repositories_of_an_organization
                endpoint: {path: organizations/example/repositories/all, data_selector: data.repositories.items}
              - name: releases

            """)
        for command in [
            "dlt-state", "dlt-state packages", "dlt-state packages --loaded", "dlt-state packages show \(load)",
            "dlt-state packages verify", "dlt-schema list", "dlt-schema show --all", "dlt-schema show -v",
            "dlt-schema history sqlite:///\(home)", "dlt-schema history sqlite:///\(home) --changes",
            "dlt-schema diff sqlite:///\(home) --pending", "dlt-schema validate bad.yaml",
            "dlt-extract rest --check api.yaml",
        ] {
            let seen = try terminal(command)
            #expect(!seen.stdout.isEmpty && widest(seen) <= 80, "\(command): \(widest(seen))\n\(seen.stdout)")
            let piped = try shell(command)
            #expect(!piped.stdout.contains("…") && !piped.stdout.contains("\u{1B}"), "\(command)\n\(piped.stdout)")
        }
        #expect(try shell("dlt-state").stdout.contains(home))
        #expect(try shell("dlt-state packages").lines.first?.hasSuffix("load id") == true)
        #expect(try terminal("dlt-state packages").stdout.contains("waiting"))
    }

    @Test func `comparisons have colors on a terminal`() throws {
        try prepare()
        try shell("dlt-schema export --pipeline the_orders_of_all_customers | sed 's/bigint/text/' > old.yaml")
            .expectSuccess()
        let plain = try shell("dlt-schema diff old.yaml")
        #expect(plain.status == 1 && !plain.stdout.contains("\u{1B}"))
        // Set for all tests: no colors.
        #expect(!(try terminal("dlt-schema diff old.yaml").stdout.contains("\u{1B}[")))
        let colored = try terminal("dlt-schema diff old.yaml", ["NO_COLOR": ""])
        #expect(colored.stdout.contains("\u{1B}[33m~ customer_orders"), "\(colored.stdout)")
        #expect(
            !(try terminal("dlt-schema diff old.yaml", ["NO_COLOR": "", "TERM": "dumb"]).stdout.contains("\u{1B}[")))
    }

    @Test func `details have a line for each table`() throws {
        try folder.write("shop.jsonl", #"{"id":1,"lines":[{"sku":"a"},{"sku":"b"}]}"# + "\n")
        let first = try shell("dlt-extract files shop.jsonl | dlt-normalize -v | dlt-load -v sqlite:///shop.db")
        #expect(first.stderr.contains("dlt-normalize: table shop: 1 row, new, "), "\(first.stderr)")
        #expect(first.stderr.contains("dlt-load: table shop__lines: 2 rows\n"), "\(first.stderr)")
        let second = try shell("dlt-extract files shop.jsonl | dlt-normalize -v | dlt-load sqlite:///shop.db")
        #expect(second.stderr.contains("dlt-normalize: table shop: 1 row\n"), "\(second.stderr)")
        #expect(!second.stderr.contains("dlt-load: table"), "\(second.stderr)")
        let json = try shell("dlt-extract files shop.jsonl | dlt-normalize -v --log-format json 2>&1 >/dev/null")
        #expect(json.stdout.contains(#""table":"shop","rows":1,"new_table":false"#), "\(json.stdout)")
    }
}

extension ProgramResult {
    fileprivate func expectSuccess() { #expect(status == 0, "\(self)") }
}
