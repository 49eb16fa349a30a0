import JSONText

/// What was said of how files are to be read, and is left open.
struct ReadingOptions {
    var format = FileFormat.auto
    var path: JSONPath?
    /// nil: a comma, or a tab in TSV, unless the first lines speak for another.
    var delimiter: UInt8?
    var quoting: CSVDialect.Quoting?
    var quote = UInt8(ascii: "\"")
    var hasHeader = true
    /// Standard input without a byte is no records; otherwise an error.
    var allowsEmpty = false
    var tables = TableSettings()

    /// A slow pipe is not waited for longer than it takes.
    var sampleLines: Int { tables.lookAhead == 0 ? 2 : DialectGuess.lines }

    func dialect(_ delimiter: UInt8) -> CSVDialect {
        CSVDialect(delimiter: delimiter, quote: quote, quoting: quoting, hasHeader: hasHeader)
    }
}
