import DatasetReaders
import JSONText
import ProgramSupport
import QueryExpressions
import Schemas

/// What the options ask of a table, and of two loads.
extension QueryRun {
    /// A table, as the options ask for it.
    func run(_ table: DatasetTable, _ catalog: DatasetCatalog) throws {
        let isAsItIs = command.portable.isEmpty && command.limit == nil && !command.printSql
        if isAsItIs { return try run(TableQuery(table).query(session.dialect), atMost: defaultLimit) }
        if let diff = command.portable.diff { return try compare(diff, table, catalog) }
        if command.portable.describe { return try write(TableDescription(table).rows, as: format) }
        let run = try PortableRun(command.portable, limit: command.limit, isCount: command.count, command.parameters)
        if command.printSql {
            let statements = try run.statements(table.name, session, catalog)
            return try output.write { output in
                for statement in statements { try output.append(statement + ";\n") }
            }
        }
        if command.portable.profile {
            let profile = try TableProfile(table, run, session, catalog)
            return try write(profile.lines(isShort: format == .table || format == .markdown), as: format)
        }
        if let row = command.portable.row, !command.count {
            var count = 0
            try output.write { output in
                try run.pages(table.name, session, catalog) { page in
                    count += 1
                    try output.append(page.serialized(format == .ndjson ? .compact : .pretty) + "\n")
                }
            }
            guard count == 0 else { return }
            throw ProgramError(
                .data, "unable to find a row of \(table.name) with \(row)",
                hint: "`dlt-query \(command.place) \(table.name) --limit 5` shows what there is")
        }
        if command.portable.nested, !command.count {
            var isCut = false
            try output.write { output in
                isCut = try NestedWriter(output, isArray: format == .json, atMost: command.maxRows).write(
                    run.records(table.name, session, catalog))
            }
            return try end(isCut: isCut)
        }
        try self.run(
            run.statement(table.name, session, catalog).query,
            atMost: command.limit == nil && command.portable.isOfRows ? defaultLimit : nil, isCounted: true)
    }

    // MARK: Two loads

    /// How many rows of each table differ.
    func compare(_ diff: String) throws {
        let catalog = try session.catalog()
        let tables = QueryTables(catalog)
        let loads = try LoadDiff.Loads(diff, session, tables)
        let dialect = try PortableRun.dialect(session)
        var lines: [[MemoryRows.Cell]] = []
        for table in catalog.tables where table.kind == .data {
            if let obstacle = LoadDiff.obstacle(table, in: catalog) {
                command.common.messages.note("\(table.name) is left out: \(obstacle)")
                continue
            }
            let run = try LoadDiff(table, loads, QueryRequest(table: table.name), session, dialect, tables)
            let counts = try run.compare { _, _ in }
            lines.append([
                .text(table.name), .integer(Int64(counts.added)), .integer(Int64(counts.gone)),
                .integer(Int64(counts.changed)), .integer(Int64(counts.same)),
            ])
        }
        let heads = ["table", "added", "gone", "changed", "same"].enumerated().map {
            QueryColumn(name: $1, type: $0 == 0 ? .text : .bigint)
        }
        try write(MemoryRows(heads, lines), as: format)
    }

    /// The rows of a table that differ.
    private func compare(_ diff: String, _ table: DatasetTable, _ catalog: DatasetCatalog) throws {
        if let obstacle = LoadDiff.obstacle(table, in: catalog) {
            throw ProgramError(
                .data, "unable to compare loads of \(table.name): \(obstacle)",
                hint: "a table that appends, or keeps versions (strategy scd2), can be compared")
        }
        let tables = QueryTables(catalog)
        let loads = try LoadDiff.Loads(diff, session, tables)
        var request = QueryRequest(table: table.name)
        request.conditions = command.portable.conditions
        request.parameters = command.parameters
        let run = try LoadDiff(table, loads, request, session, PortableRun.dialect(session), tables)
        var counts = LoadDiff.Counts()
        try output.write { output in
            let writer = format.writer(output, run.columns, isTerminal: self.output.isStandardOutput)
            let row = MarkedRow(run.columns)
            try writer.begin()
            counts = try run.compare { change, rows in
                row.set(change, rows)
                try writer.write(row)
            }
            try writer.end()
        }
        command.common.messages.note(
            "\(counts.added) added, \(counts.gone) gone, \(counts.changed) changed, \(counts.same) the same")
    }

    /// What fits on a terminal: the rest of a table takes --limit.
    private var defaultLimit: Int? { format == .table && command.output == nil && !command.explain ? 100 : nil }
}
