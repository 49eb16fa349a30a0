import DatasetReaders
import DestinationKinds
import Destinations
import Failures
import ProgramSupport
import RelationalSQL
import Schemas
import SystemIO

/// One query, from its text to rows in a format.
struct QueryRun {
    let command: QueryCommand
    let session: any ReadingSession
    let control: QueryControl
    let output: OutputFile

    init(
        _ command: QueryCommand, _ session: any ReadingSession, _ control: QueryControl, output: OutputFile? = nil
    ) {
        self.command = command
        self.session = session
        self.control = control
        self.output = output ?? OutputFile(command.output)
    }

    func run(_ text: QueryText?) throws {
        guard let text else {
            if let diff = command.portable.diff { return try compare(diff) }
            let listing = try DatasetListing(session, control)
            try write(listing.rows(indented: format == .table), as: format)
            if let note = listing.note { command.common.messages.note(note) }
            return
        }
        if let name = text.tableName {
            let catalog = try session.catalog()
            if let table = catalog.table(name, isSame: session.dialect.kind.isSame) { return try run(table, catalog) }
            throw absence(of: name, catalog)
        }
        guard command.portable.isEmpty, command.limit == nil, !command.printSql else {
            throw ProgramError(
                .usage, "unable to use --select, --where and the like with SQL: they ask a table",
                hint: "name a table instead of the query, or say it in SQL")
        }
        try run(
            Query(text.text, parameters: command.param.map { QueryParameter(name: $0.name, value: $0.value) }))
    }

    func run(_ query: Query, atMost limit: Int? = nil, isCounted: Bool = false) throws {
        do {
            var query = query
            if command.count, !isCounted { query = try query.counted() }
            query.isExplained = command.explain
            let rows = try session.open(query)
            defer { rows.close() }
            if command.count, try rows.next(), let number = rows.cell(0).string {
                return try output.write { writer in try writer.append(number + "\n") }
            }
            if command.explain, command.format == nil { return try write(rows, as: .plain) }
            try write(rows, as: format, atMost: limit)
        } catch let error as QueryFailure {
            var error = error
            if command.count, !isCounted, let offset = error.offset {
                error.offset = offset - Query.countBegin.utf8.count
            }
            throw QueryAdvice(session, query.sql).explained(error)
        }
    }

    private func absence(of name: String, _ catalog: DatasetCatalog) -> ProgramError {
        let names = catalog.tables.map(\.name)
        return ProgramError(
            .noInput, "unable to find table '\(name)' in the dataset",
            hint: NearestWord.of(name, among: names).map { "did you mean \($0)?" }
                ?? (names.isEmpty ? "the dataset has no tables" : "`dlt-query \(command.place)` lists the tables"))
    }

    // MARK: Rows

    var format: QueryFormat {
        if let format = command.format { return format }
        if let output = command.output { return QueryFormat(fileNamed: output) ?? .ndjson }
        return Descriptor.standardOutput.isTerminal ? .table : .ndjson
    }

    func write(_ rows: any QueryRows, as format: QueryFormat, atMost limit: Int? = nil) throws {
        var isCut = false
        var isShort = false
        try output.write { output in
            let writer = format.writer(output, rows.columns, isTerminal: self.output.isStandardOutput)
            try writer.begin()
            var count = 0
            while try rows.next() {
                if let most = command.maxRows, count == most {
                    isCut = true
                    break
                }
                if let limit, count == limit {
                    isShort = true
                    break
                }
                try writer.write(rows)
                count += 1
            }
            try writer.end()
        }
        if isShort, let limit {
            command.common.messages.note("these are the first \(NumberText.rows(limit)); --limit N prints more")
        }
        try end(isCut: isCut)
    }

    /// Ends with 10 where --max-rows has left rows out.
    func end(isCut: Bool) throws {
        guard isCut else { return }
        command.common.messages.note("stopped after \(NumberText.rows(command.maxRows ?? 0)): there are more")
        throw ExitStatusSignal(.more)
    }
}

extension Query {
    fileprivate static let countBegin = "SELECT count(*) FROM (\n"

    /// How many rows the query has.
    fileprivate func counted() throws(QueryFailure) -> Query {
        let text = StatementText(sql, .postgresql)
        try text.checkOneStatement()
        guard let first = text.first, text.beginsQuery(first) else { throw QueryFailure.refusal("it is not a query") }
        let end = text.tokens.first { text.isMark($0, ";") }?.range.lowerBound ?? sql.utf8.count
        let inner = String(decoding: Array(sql.utf8)[..<end], as: UTF8.self)
        return Query(Query.countBegin + inner + "\n) AS counted", parameters: parameters)
    }
}
