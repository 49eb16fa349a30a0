import JSONText

/// The user's options for reading files; nil where the user left them open.
struct ReadingOptions {
    var format = FileFormat.auto
    var path: JSONPath?
    /// nil: a comma, or a tab in TSV, unless the first lines suggest another.
    var delimiter: UInt8?
    var quoting: CSVDialect.Quoting?
    var quote = UInt8(ascii: "\"")
    var hasHeader = true
    /// Whether an empty standard input means no records; otherwise it is an error.
    var allowsEmpty = false
    var tables = TableSettings()

    /// Do not wait longer than necessary for a slow pipe.
    var sampleLines: Int { tables.lookAhead == 0 ? 2 : DialectGuess.lines }

    func dialect(_ delimiter: UInt8) -> CSVDialect {
        CSVDialect(delimiter: delimiter, quote: quote, quoting: quoting, hasHeader: hasHeader)
    }
}
