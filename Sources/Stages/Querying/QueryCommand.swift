import ArgumentParser
import DatasetReaders
import Destinations
import Failures
import InspectionSupport
import ProgramSupport
import SystemIO

struct QueryCommand: UsageAdvising, GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlt-query",
        abstract: "Ask a dataset: list its tables, print one, or run a query. Nothing is ever changed.",
        discussion: """
            DATASET is the name of a pipeline, the URL of a database, or a database file. Without a query the tables are listed, \
            with their rows and their last load. A single word is the name of a table.
            """,
        version: Version.text)

    static let examples = [
        "dlt-query shop",
        "dlt-query shop orders --format csv > orders.csv",
        "dlt-query shop 'SELECT city, count(*) FROM orders GROUP BY 1'",
        "dlt-query shop orders --where \"city = 'Linz'\" --order 'total desc'",
        "dlt-query shop orders --group-by city --agg 'count(*), sum(total)'",
        "dlt-query shop orders --nested",
        "dlt-query sqlite:///shop.db \\\n    'SELECT * FROM orders WHERE id = :id' --param id=7",
    ]

    static let optionGroups = [
        OptionGroupTitle("What is asked", ["--param", "--count", "--explain", "--dataset"]),
        OptionGroupTitle(
            "Which rows of a table",
            [
                "--select", "--where", "--order", "--limit", "--group-by", "--agg", "--loads", "--with-parents",
                "--with-children", "--join", "--sample", "--seed", "--no-dlt-columns", "--print-sql",
            ]),
        OptionGroupTitle(
            "Other views of a table", ["--nested", "--row", "--describe", "--profile", "--diff"]),
        OptionGroupTitle("How rows are written", ["--format", "--output", "--max-rows"]),
        OptionGroupTitle("Time and locks", ["--timeout", "--lock-timeout"]),
    ]

    @Argument(
        help: ArgumentHelp("Pipeline, URL of a database, or database file.", valueName: "dataset"),
        completion: URLCompletion.urlsOrPipelines)
    var place: String

    @Argument(
        help: ArgumentHelp("A query, or the name of a table; - reads a query from stdin.", valueName: "sql|table"))
    var text: String?

    @Option(
        help: ArgumentHelp(
            "How rows are written: \(QueryFormat.names). Default: table on a terminal, else as FILE ends, else ndjson.",
            valueName: "format"))
    var format: QueryFormat?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write rows to a file, which appears when it is whole.", valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp("Value of :name in the query; may be repeated.", valueName: "name=value"))
    var param: [QueryAssignment] = []

    @OptionGroup var portable: PortableOptions

    @Option(help: ArgumentHelp("Print the first N rows of a table (default: 100 on a terminal).", valueName: "n"))
    var limit: Int?

    @Flag(help: "Print the SQL that the options become, instead of running it.")
    var printSql = false

    @Flag(help: "Print how many rows the query has, instead of them.")
    var count = false

    @Flag(help: "Print the database's plan for the query, instead of running it.")
    var explain = false

    @Option(help: ArgumentHelp("Stop after N rows, and end with 10 if there are more.", valueName: "n"))
    var maxRows: Int?

    @Option(help: ArgumentHelp("Stop the query after N seconds, and end with 75.", valueName: "seconds"))
    var timeout: Double?

    @Option(help: ArgumentHelp("Wait up to N seconds for the lock of another program.", valueName: "seconds"))
    var lockTimeout = 60.0

    @Option(help: ArgumentHelp("Dataset to read (as dlt-load has it).", valueName: "name"))
    var dataset: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("'--limit' must not be negative.") }
        if let maxRows, maxRows < 0 { throw ValidationError("'--max-rows' must not be negative.") }
        if let timeout, timeout <= 0 { throw ValidationError("'--timeout' must be more than 0.") }
        if lockTimeout < 0 { throw ValidationError("'--lock-timeout' must not be negative.") }
        if count && explain { throw ValidationError("'--count' and '--explain' cannot be used together.") }
        if let view = portable.view {
            let isOfRows = portable.nested || portable.row != nil
            for (option, isGiven) in [
                ("--explain", explain), ("--count", count && !isOfRows),
                ("--limit", limit != nil && !isOfRows && !portable.profile),
                ("--print-sql", printSql && !isOfRows && !portable.profile),
                ("--max-rows", maxRows != nil && (portable.row != nil || portable.diff != nil)),
                ("--format \(format?.rawValue ?? "")", isOfRows && !count && ![nil, .json, .ndjson].contains(format)),
            ] where isGiven {
                throw ValidationError("'\(view)' and '\(option)' cannot be used together.")
            }
        }
        if text == nil {
            if count { throw ValidationError("'--count' needs a query or a table.") }
            if explain { throw ValidationError("'--explain' needs a query or a table.") }
            if !portable.conditions.isEmpty { throw ValidationError("'--where' needs the name of a table.") }
            if !portable.isEmpty || limit != nil || printSql, portable.diff == nil {
                throw ValidationError("What is asked for needs the name of a table.")
            }
        }
        let names = param.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw ValidationError("'--param \(twice)=…' is given twice.")
        }
    }

    static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
        UsageAdvice(
            "'\(UsageAdvice.shown(word))' is one argument too many",
            hint: "put the query in quotes: dlt-query DATASET 'SELECT …'")
    }

    func run() throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let control = QueryControl(seconds: timeout)
        do {
            // What is wrong with the text on stdin is said before the database is opened.
            let text = try text.map { try QueryText($0) }
            let session = try DatasetPlace(self, control).open()
            defer { session.close() }
            guard Prompt.isWanted(self) else { return try QueryRun(self, session, control).run(text) }
            let prompt = Prompt(self, control, session)
            try prompt.run()
        } catch let error as QueryFailure {
            if error.interruption == .stopped { throw Stopped() }
            throw error
        } catch let error as DestinationError {
            if error.kind == .stopped { throw Stopped() }
            throw error
        } catch let error as SystemError where error.isBrokenPipe {
            // The reader of the pipe has seen enough.
            StopSignal.endProcessByBrokenPipe()
        }
    }
}

/// `name=value`
struct QueryAssignment: ExpressibleByArgument {
    let name: String
    let value: QueryParameter.Value

    init?(argument: String) {
        guard let mark = argument.utf8.firstIndex(of: UInt8(ascii: "=")), mark > argument.startIndex else { return nil }
        let name = argument[..<mark]
        guard name.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == 0x5F }),
            !(0x30...0x39 ~= name.utf8.first ?? 0x30)
        else { return nil }
        self.name = String(name)
        let text = String(argument[argument.index(after: mark)...])
        // A number as it is written is a number; 007 and 1e3 are texts, which databases turn into what is asked for.
        if let number = Int64(text), String(number) == text { value = .integer(number) } else { value = .text(text) }
    }
}
