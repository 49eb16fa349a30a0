import ArgumentParser
package import ProgramSupport

/// How to read CSV and TSV files.
package struct TableOptions: ParsableArguments {
    package static let group = OptionGroupTitle(
        "CSV and TSV", ["--delimiter", "--quote", "--no-header", "--null-values", "--all-text", "--look-ahead"])

    @Option(
        help: ArgumentHelp(
            "Character between fields (default: comma, or tab for TSV, unless the first lines show another).",
            valueName: "char"))
    var delimiter: String?

    @Option(
        help: ArgumentHelp(
            "Character that quotes fields, or none (default: \"; in TSV only where it closes the field too).",
            valueName: "char"))
    var quote: String?

    @Flag(help: "There is no header: columns are named column_1, column_2 and so on.")
    var noHeader = false

    @Option(
        help: ArgumentHelp(
            "Unquoted cells that mean null, besides the empty one, such as NA,N/A.", valueName: "texts"
        ))
    var nullValues: String?

    @Flag(help: "Every cell is text.")
    var allText = false

    @Option(
        help: ArgumentHelp(
            "Rows of CSV that decide the types of columns before the first is delivered; 0: each cell has its own type.",
            valueName: "rows"))
    var lookAhead = LookAheadBudget.usualRows

    package init() {}

    package func validate() throws {
        if lookAhead < 0 { throw ValidationError("'--look-ahead' takes 0 or a number of rows.") }
        _ = try reading
    }

    var reading: ReadingOptions {
        get throws {
            var reading = ReadingOptions()
            reading.delimiter = try delimiterByte
            if quote == "none" {
                reading.quoting = .off
            } else if let quote {
                guard let byte = TableOptions.byte(quote), byte != reading.delimiter else {
                    throw ValidationError(
                        "'--quote' is one character other than the delimiter, such as \"'\", or none.")
                }
                reading.quote = byte
                reading.quoting = .opensFields
            }
            reading.hasHeader = !noHeader
            reading.tables = TableSettings(
                lookAhead: lookAhead, isAllText: allText,
                nullValues: nullValues?.split(separator: ",").map { Array($0.utf8) } ?? [])
            return reading
        }
    }

    private var delimiterByte: UInt8? {
        get throws {
            guard let delimiter else { return nil }
            if delimiter == "\\t" || delimiter == "tab" { return 0x09 }
            guard let byte = TableOptions.byte(delimiter), byte != UInt8(ascii: "\"") else {
                throw ValidationError("'--delimiter' is one character, such as ';' or '\\t', and not a quote.")
            }
            return byte
        }
    }

    private static func byte(_ text: String) -> UInt8? {
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80, byte != 0x0A, byte != 0x0D else {
            return nil
        }
        return byte
    }
}
