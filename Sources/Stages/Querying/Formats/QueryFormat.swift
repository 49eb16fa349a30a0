import ArgumentParser
import DatasetReaders
import Destinations
import InspectionSupport
import ProgramSupport
import SystemIO

/// How rows are written.
enum QueryFormat: String, CaseIterable, ExpressibleByArgument {
    case table, ndjson, json, csv, tsv, markdown, html, line, sql
    /// Values alone; for plans.
    case plain

    static var offered: [QueryFormat] { allCases.filter { $0 != .plain } }
    static var names: String { offered.map(\.rawValue).joined(separator: ", ") }
    static var allValueStrings: [String] { offered.map(\.rawValue) }

    init?(argument: String) {
        let aliases: [String: QueryFormat] = ["jsonl": .ndjson, "md": .markdown]
        guard let format = aliases[argument] ?? QueryFormat(rawValue: argument), format != .plain else { return nil }
        self = format
    }

    /// What the name of a file says of its rows.
    init?(fileNamed path: String) {
        switch Paths.fileExtension(path).lowercased() {
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        case "json": self = .json
        case "jsonl", "ndjson": self = .ndjson
        case "md": self = .markdown
        case "html", "htm": self = .html
        case "sql": self = .sql
        case "txt": self = .table
        default: return nil
        }
    }

    func writer(_ output: OutputWriter, _ columns: [QueryColumn], isTerminal: Bool) -> any RowWriter {
        switch self {
        case .table: TableWriter(output, columns, width: isTerminal ? Output.columns : nil)
        case .ndjson: JSONRowWriter(output, columns, isArray: false)
        case .json: JSONRowWriter(output, columns, isArray: true)
        case .csv: DelimitedWriter(output, columns, .commas)
        case .tsv: DelimitedWriter(output, columns, .tabs)
        case .markdown: MarkdownWriter(output, columns)
        case .html: HTMLRowWriter(output, columns)
        case .line: LineWriter(output, columns)
        case .sql: InsertWriter(output, columns)
        case .plain: PlainWriter(output)
        }
    }
}

/// Writes rows in one format.
protocol RowWriter: AnyObject {
    /// Before the first row.
    func begin() throws
    /// The row at which the rows are.
    func write(_ rows: any QueryRows) throws
    /// After the last row.
    func end() throws
}
