import JSONText
import RecordSources
import SystemIO

/// Comma-separated values by RFC 4180, usually with a header first; each row becomes a JSON object.
///
/// An empty field is null. The `CellRule` of its column, which `ResourceColumns` decides, determines what else a cell
/// becomes; without rules each cell is judged by itself. A row with fewer fields than the header has nulls for the
/// rest, as in Python's csv and in sqlite-utils; one with more fields is an error, because those two lose the rest.
struct CSVReader: RecordReader {
    private var scanner: RowScanner
    private var json = RowText(header: [], rules: [])
    private let columns: ResourceColumns?
    /// Whether the file was among those that decided the types of the columns.
    private let isKnown: Bool

    init(_ dialect: CSVDialect, columns: ResourceColumns? = nil, isKnown: Bool = false) {
        scanner = RowScanner(dialect)
        self.columns = columns
        self.isKnown = isKnown
    }

    mutating func read(_ window: ByteWindow, from place: FilePlace?, offering take: @escaping RecordTaker) throws
        -> FilePlace?
    {
        guard let header = try readHeader(window) else { return nil }
        columns?.remark(on: header)
        if let place, let offset = place.offset {
            guard try window.skip(to: offset) else { return nil }
            scanner.line = place.line ?? scanner.line
        }
        let rules = try columns?.rules(
            for: header, isLookedAt: isKnown, isResumed: place != nil, ahead: window, scanner)
        json = RowText(
            header: header.names, rules: rules ?? header.names.map { _ in .byCell }, quote: scanner.dialect.quote,
            nullValues: columns?.settings.nullValues ?? [])
        while let row = try nextRow(window) {
            let record = json.record(of: row, scanner.fields)
            if try !take(record, scanner.line) { return FilePlace(offset: window.offset, line: scanner.line) }
            pass(row, window)
        }
        return nil
    }

    /// Reads rows of a file from a place on to examine their columns, and drops them.
    mutating func look(
        at window: ByteWindow, from place: FilePlace?, into evidence: ColumnEvidence, budget: inout LookAheadBudget,
        places: (CSVHeader) -> [Int]?
    ) throws {
        guard let header = try readHeader(window), let places = places(header) else { return }
        if let place, let offset = place.offset, try !window.skip(to: offset) { return }
        try evidence.look(at: window, scanner, budget: &budget, places: places, isConsuming: true)
    }

    /// The next row that is not a blank line; the window then begins with it.
    private mutating func nextRow(_ window: ByteWindow) throws -> UnsafeBufferPointer<UInt8>? {
        while true {
            guard let row = try wholeRow(window) else { return nil }
            if scanner.isBlank {
                pass(row, window)
                continue
            }
            if scanner.fields.count > json.columns {
                let first = scanner.dialect.hasHeader ? "header" : "first row"
                throw FileSyntaxError(
                    place: .line(scanner.line),
                    reason: "the row has \(scanner.fields.count) fields, the \(first) has \(json.columns)",
                    hint: "quote fields that hold the delimiter, or set the right one with --delimiter")
            }
            return row
        }
    }

    private mutating func wholeRow(_ window: ByteWindow) throws -> UnsafeBufferPointer<UInt8>? {
        while true {
            if window.bytes.isEmpty && window.isAtEnd { return nil }
            if let length = try scanner.scan(window.bytes, isAll: window.isAtEnd) {
                return UnsafeBufferPointer(rebasing: window.bytes[..<length])
            }
            do { _ = try window.fill() } catch let error as TooLongToHold {
                throw tooLong(error)
            }
        }
    }

    private func tooLong(_ error: TooLongToHold) -> FileSyntaxError {
        let size = "\(error.maximum >> 20) MiB"
        if let line = scanner.openQuoteLine {
            return FileSyntaxError(
                place: .line(line), reason: "a quoted field is not closed within \(size)",
                hint: "double the quotes that belong to a field, or read them as they are with --quote none")
        }
        return FileSyntaxError(
            place: .line(scanner.line), reason: "the row is longer than \(size)",
            hint: "if it is not CSV, name its format with --format")
    }

    private mutating func pass(_ row: UnsafeBufferPointer<UInt8>, _ window: ByteWindow) {
        window.consume(row.count)
        scanner.line += scanner.lines
    }

    // MARK: Header

    /// The names of the columns; nil at the end of the file. The window then begins with the first row.
    private mutating func readHeader(_ window: ByteWindow) throws -> CSVHeader? {
        if scanner.dialect.hasSeparatorLine, let line = try wholeRow(window) { pass(line, window) }
        while let row = try wholeRow(window) {
            if scanner.isBlank {
                pass(row, window)
                continue
            }
            guard scanner.dialect.hasHeader else { return CSVHeader(columns: scanner.fields.count) }
            let header = CSVHeader(row, scanner.fields, quote: scanner.dialect.quote)
            pass(row, window)
            return header
        }
        return nil
    }
}
