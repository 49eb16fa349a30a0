/// How a file separates and quotes its fields.
struct CSVDialect: Equatable {
    enum Quoting {
        /// A quote at the start of a field opens it; whatever breaks that is an error.
        case opensFields
        /// The same where the closing one ends the field; other quotes are characters. Many programs write TSV without quotes.
        case closingCells
        /// Quotes are characters.
        case off
    }

    var delimiter: UInt8
    var quote: UInt8
    var quoting: Quoting
    var hasHeader: Bool
    /// The first line says what separates the fields: `sep=;`, as Excel reads and writes it.
    var hasSeparatorLine = false

    /// - Parameter quoting: nil for what goes with the delimiter.
    init(
        delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\""), quoting: Quoting? = nil,
        hasHeader: Bool = true
    ) {
        self.delimiter = delimiter
        self.quote = quote
        self.quoting = quoting ?? (delimiter == 0x09 ? .closingCells : .opensFields)
        self.hasHeader = hasHeader
    }
}
