import ArgumentParser
import Configuration
import JSONText
package import ProgramSupport
package import RecordSources
import TableSources

/// `dlt-extract sql`: the rows of tables, views and queries of a database.
package struct SQLSource: RecordSource {
    package static let name = "sql"
    package static let abstract = "Read tables of a database."
    package static let discussion = """
        All tables of a schema are read, those that --table names, or the result of a --query. The catalog decides about the types of \
        columns, so that no row has to, and names the primary keys. Everything is read as it was at one moment, and nothing can be changed.

        With --cursor the database selects the new rows itself, and --row-order asc has it sort them: a run that is cut short then goes on \
        where it stopped. Passwords come from where the database's own programs find them, or from dlt's \
        sources.sql_database.credentials in .dlt/secrets.toml. See dlt-sql(5).
        """

    package static let examples = [
        "dlt-extract sql sqlite:///shop.db | dlt-normalize | dlt-load duckdb:///x.db",
        """
        dlt-extract sql postgresql://me@db/shop --table orders --cursor updated_at \\
          | dlt-normalize --write-disposition merge | dlt-load sqlite:///shop.db
        """,
        """
        dlt-extract sql postgresql://me@db/shop --resource cities \\
          --query 'SELECT city, count(*) AS n FROM users GROUP BY 1' | dlt-normalize
        """,
    ]

    package static let optionGroups = [
        OptionGroupTitle(
            "Source",
            [
                "--table", "--schema", "--views", "--query", "--resource", "--where", "--include-columns",
                "--exclude-columns",
                "--reflection", "--foreign-keys", "--cursor-safe", "--jobs", "--part", "--snapshot", "--lock-timeout",
            ]),
        OptionGroupTitle("ADBC", ["--driver", "--driver-option"]),
    ]

    @Argument(
        help: ArgumentHelp(
            "The database, such as postgresql://user@host/database (default: sources.sql_database.credentials of dlt's configuration).",
            valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "A table or view to read, such as orders or sales.orders; may be repeated.", valueName: "name"))
    var table: [String] = []

    @Option(
        help: ArgumentHelp("The schema whose tables are read (default: the connection's first one).", valueName: "name")
    )
    var schema: String?

    @Flag(help: "Read the views of the schema, too.")
    var views = false

    @Option(help: ArgumentHelp("Read the result of this query; needs --resource.", valueName: "sql"))
    var query: String?

    @Option(help: ArgumentHelp("Name of the resource, and of its table (default: the table's).", valueName: "name"))
    var resource: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Read only rows that meet this condition, in the database's own words.", valueName: "condition"))
    var condition: String?

    @Option(help: ArgumentHelp("Read only these columns, separated by commas.", valueName: "names"))
    var includeColumns: String?

    @Option(help: ArgumentHelp("Leave these columns out, separated by commas.", valueName: "names"))
    var excludeColumns: String?

    @Option(
        help: ArgumentHelp(
            "What the catalog decides: minimal (names, nullability and keys), full (types, too) or full-with-precision (lengths, too).",
            valueName: "level"))
    var reflection = ReflectionLevel.full

    @Flag(help: "Pass foreign keys on as references.")
    var foreignKeys = false

    @Flag(
        help:
            "Wait for the transactions that are open, and stop at the last value from before: no row commits later with a smaller one (PostgreSQL)."
    )
    var cursorSafe = false

    @Option(help: ArgumentHelp("Connections that read parts of the tables side by side (PostgreSQL).", valueName: "n"))
    var jobs = 1

    @Option(
        help: ArgumentHelp(
            "Read the first, second … of N shares of the rows, on one of several machines; needs --snapshot.",
            valueName: "i/n"))
    var part: String?

    @Option(
        help: ArgumentHelp(
            "Read what the session sees that exported this snapshot, which must stay open (PostgreSQL).",
            valueName: "id"))
    var snapshot: String?

    @Option(help: ArgumentHelp("How long to wait for another program's lock.", valueName: "seconds"))
    var lockTimeout = 60.0

    @Option(
        help: ArgumentHelp(
            "The library of the ADBC driver, for adbc+NAME: (default: where dlt-sql(5) says).", valueName: "path"))
    var driver: String?

    @Option(
        help: ArgumentHelp(
            "An option of the ADBC driver; env:NAME is the value of a variable. May be repeated.",
            valueName: "key=value"))
    var driverOption: [String] = []

    package init() {}

    package func validate() throws {
        if query != nil {
            let other =
                !table.isEmpty
                ? "--table" : schema != nil ? "--schema" : views ? "--views" : foreignKeys ? "--foreign-keys" : nil
            if let other {
                throw ValidationError("'\(other)' cannot be used with '--query', which names its own tables.")
            }
            if resource == nil { throw ValidationError("'--query' needs a name for its rows: add '--resource NAME'.") }
        } else if table.count != 1 {
            let single =
                resource != nil
                ? "--resource"
                : condition != nil
                    ? "--where"
                    : includeColumns != nil ? "--include-columns" : excludeColumns != nil ? "--exclude-columns" : nil
            if let single { throw ValidationError("'\(single)' is about one table: name it with '--table'.") }
        }
        if views && !table.isEmpty {
            throw ValidationError("'--views' is for all of a schema; '--table' names views as well.")
        }
        if includeColumns != nil && excludeColumns != nil {
            throw ValidationError("'--include-columns' and '--exclude-columns' cannot be used together.")
        }
        if jobs < 1 { throw ValidationError("'--jobs' must be at least 1.") }
        if let part, share == nil {
            throw ValidationError("'--part \(part)': expected a share such as 1/4, the first of four.")
        }
        if part != nil && snapshot == nil {
            throw ValidationError(
                "'--part' needs '--snapshot', so that all shares are of one moment: psql gives it with SELECT pg_export_snapshot()."
            )
        }
        if cursorSafe && snapshot != nil {
            throw ValidationError(
                "'--cursor-safe' cannot be used with '--snapshot': it waits, and then reads what there is.")
        }
        if !(lockTimeout >= 0) { throw ValidationError("'--lock-timeout' cannot be negative.") }
        if resource?.isEmpty ?? false { throw ValidationError("'--resource' needs a name.") }
        for name in table where name.isEmpty || name.hasSuffix(".") || name.hasPrefix(".") {
            throw ValidationError("'--table \(name)' is not the name of a table.")
        }
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource {
        let place = try place(ConfigurationValues(dataDirectory: dataDirectory))
        let session = try SQLDatabases.open(place)
        if snapshot != nil, !(session is any SharedTableSession) {
            throw ProgramError(
                .usage, "unable to use '--snapshot' with \(place.shown): it has none", hint: "leave it out")
        }
        if cursorSafe, !(session is any SettlingTableSession) {
            throw ProgramError(
                .usage,
                "unable to use '--cursor-safe' with \(place.shown): it does not show which transactions are open",
                hint: "read a part again with --lag")
        }
        let choice = TableChoice(session)
        let tables =
            if let query {
                [try choice.resource(ofQuery: query, named: resource ?? "")]
            } else {
                try choice.resources(schema: schema, names: table, withViews: views, named: resource)
            }
        return TableRun(
            session: session, place: place, open: { place throws(TableError) in try SQLDatabases.open(place) },
            resources: try tables.map { table in
                var table = table
                table.columns = try choice.columns(
                    of: table, including: words(includeColumns), excluding: words(excludeColumns))
                table.condition = condition
                return table
            }, level: reflection, withReferences: foreignKeys, isSafe: cursorSafe,
            sharing: TableSharing(jobs: jobs, part: share))
    }

    private var share: (index: Int, count: Int)? {
        let numbers = part?.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) } ?? []
        guard numbers.count == 2, let index = numbers[0], let count = numbers[1], index >= 1, index <= count else {
            return nil
        }
        return (index - 1, count)
    }

    /// For the connector alone.
    private func settings() throws -> [String: String] {
        var settings = driver.map { ["driver": $0] } ?? [:]
        for text in driverOption {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw ValidationError("'--driver-option' needs KEY=VALUE, such as adbc.snowflake.sql.warehouse=LOAD.")
            }
            settings["driver-option:" + text[..<equals]] = String(text[text.index(after: equals)...])
        }
        return settings
    }

    private func words(_ text: String?) -> [String]? {
        text.map { $0.split(separator: ",").map { String($0.trimmingBlanks) } }
    }

    // MARK: The place

    /// dlt's names of the connection, most exact first.
    private static let sections = ["sources.sql_database.credentials", "sources.credentials", "credentials"]

    private func place(_ values: ConfigurationValues) throws -> TablePlace {
        let text = try url ?? configured(values)
        guard var place = TablePlace(text, lockTimeout: lockTimeout, settings: try settings()) else {
            throw ProgramError(
                .usage, "unable to read this database: it is not given as a URL",
                hint: "write postgresql://user@host/database")
        }
        place.snapshot = snapshot
        place.password = try values.value(ofAny: Self.sections.dropLast().map { $0 + ".password" })
        return place
    }

    private func configured(_ values: ConfigurationValues) throws -> String {
        if let url = try values.value(ofAny: Self.sections) { return url }
        func part(_ name: String) throws -> String? { try values.value(ofAny: Self.sections.map { "\($0).\(name)" }) }
        guard let driver = try part("drivername"), let database = try part("database") else {
            throw ValidationError("Name a database, such as postgresql://user@host/database.")
        }
        let user = try part("username").map { "\($0)@" } ?? ""
        let port = try part("port").map { ":\($0)" } ?? ""
        return "\(driver)://\(user)\(try part("host") ?? "")\(port)/\(database)"
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
