package import ArgumentParser
package import QueryExpressions

/// The options that ask the same of every database.
package struct PortableOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Columns and expressions to print, such as \"city, upper(name) as name\".", valueName: "list"))
    package var select: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Only rows that fulfil the condition; all of several.", valueName: "condition"))
    package var conditions: [String] = []

    @Option(help: ArgumentHelp("Order of the rows, such as \"placed_at desc, number\".", valueName: "list"))
    package var order: String?

    @Option(help: ArgumentHelp("Put together the rows that have the same values.", valueName: "list"))
    package var groupBy: String?

    @Option(help: ArgumentHelp("Aggregates of the rows (default with --group-by: count(*)).", valueName: "list"))
    package var agg: String?

    @Option(help: ArgumentHelp("Only rows of loads: latest, last:N, since:DATE or ids.", valueName: "loads"))
    package var loads: String?

    @Option(help: ArgumentHelp("Columns of the tables above, of the nearest that has them.", valueName: "list"))
    package var withParents: String?

    @Option(
        help: ArgumentHelp(
            "What the children of each row come to, such as \"count(lines), list(lines.sku)\".", valueName: "list"))
    package var withChildren: [String] = []

    @Option(
        help: ArgumentHelp(
            "Join a table by its declared reference (TABLE:COLUMN where there are several), or as child.",
            valueName: "table"))
    package var join: [String] = []

    @Option(help: ArgumentHelp("Draw N rows by lot.", valueName: "n"))
    package var sample: Int?

    @Option(help: ArgumentHelp("Draw the same rows each time.", valueName: "text"))
    package var seed: String?

    @Flag(help: "Leave out dlt's columns.")
    package var noDltColumns = false

    @Flag(help: "Print records as they came: children back in their parents.")
    package var nested = false

    @Flag(help: "Describe the columns of the table, instead of printing rows.")
    package var describe = false

    @Flag(help: "Profile the columns of the rows: nulls, distinct values, extremes, quartiles, the most frequent.")
    package var profile = false

    @Option(
        help: ArgumentHelp(
            "Print one record, with the rows above it, the rows below it and its load.", valueName: "column=value"))
    package var row: String?

    @Option(
        help: ArgumentHelp(
            "Compare the rows of two loads: added, gone, changed; without a table, how many.", valueName: "load1..load2"
        ))
    package var diff: String?

    package init() {}

    package func validate() throws {
        if views.count > 1 { throw ValidationError("'\(views[0])' and '\(views[1])' cannot be used together.") }
        if let row, !row.contains("=") || row.hasPrefix("=") {
            throw ValidationError("'--row' takes COLUMN=VALUE, for example number=1001.")
        }
        if let sample, sample < 1 { throw ValidationError("'--sample' takes a number of rows.") }
        if seed != nil, sample == nil { throw ValidationError("'--seed' goes with '--sample'.") }
        guard let view, !profile else { return }
        let choosesRows = nested || row != nil
        for (option, isGiven) in [
            ("--select", select != nil), ("--group-by", groupBy != nil), ("--agg", agg != nil),
            ("--with-parents", withParents != nil), ("--with-children", !withChildren.isEmpty),
            ("--join", !join.isEmpty), ("--where", !conditions.isEmpty && describe),
            ("--order", order != nil && !choosesRows), ("--loads", loads != nil && !choosesRows),
            ("--sample", sample != nil && !choosesRows), ("--no-dlt-columns", noDltColumns && !choosesRows),
        ] where isGiven {
            throw ValidationError(
                choosesRows
                    ? "'\(view)' prints whole records, so that '\(option)' cannot be used with it."
                    : "'\(view)' and '\(option)' cannot be used together.")
        }
    }

    /// What is printed in the place of rows, by its option.
    var view: String? { views.first }

    private var views: [String] {
        [
            ("--nested", nested), ("--describe", describe), ("--profile", profile), ("--row", row != nil),
            ("--diff", diff != nil),
        ].filter(\.1).map(\.0)
    }

    /// Whether any of them asks for something of a table.
    package var isEmpty: Bool {
        select == nil && conditions.isEmpty && order == nil && groupBy == nil && agg == nil && loads == nil
            && withParents == nil && withChildren.isEmpty && join.isEmpty && sample == nil && !noDltColumns && !nested
            && !describe && !profile && row == nil && diff == nil
    }

    /// Rows of the table come, one by one, and not what many come to.
    package var isOfRows: Bool { groupBy == nil && agg == nil && sample == nil }

    /// - Parameter limit: rows at most.
    package func request(
        _ table: String, limit: Int?, isCount: Bool = false, parameters: [String: String] = [:]
    ) -> QueryRequest {
        var request = QueryRequest(table: table)
        request.select = select
        request.conditions = conditions
        request.groupBy = groupBy
        request.aggregates = agg
        request.order = order
        request.limit = limit
        request.loads = loads
        request.parents = withParents
        request.children = withChildren
        request.joins = join
        request.sample = sample
        request.seed = seed
        request.isCount = isCount
        request.leavesOutSystemColumns = noDltColumns
        request.parameters = parameters
        if let row, let mark = row.firstIndex(of: "=") {
            let column = row[..<mark].split(separator: ".").map(String.init)
            request.row = (column, String(row[row.index(after: mark)...]))
        }
        return request
    }
}
