/// How a file separates and quotes its fields.
struct CSVDialect: Equatable {
    enum Quoting {
        /// A quote at the start of a field opens it; malformed quoting is an error.
        case opensFields
        /// The same if the closing quote ends the field; other quotes are characters. Many programs write TSV without
        /// quotes.
        case closingCells
        /// Quotes are characters.
        case off
    }

    var delimiter: UInt8
    var quote: UInt8
    var quoting: Quoting
    var hasHeader: Bool
    /// The first line names the separator: `sep=;`, as Excel reads and writes it.
    var hasSeparatorLine = false

    /// - Parameter quoting: nil for the default of the delimiter.
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
