import CompressedIO
import Failures
import JSONText
import ObjectStores
import ProgramSupport
import SystemIO

/// A text whose first bytes have been examined: it is text, and its format is known.
struct OpenText {
    let window: ByteWindow
    let format: FileFormat
    private(set) var dialect = CSVDialect()

    /// Receives what the user should know about a text: a warning with a hint, or a note without one.
    typealias Say = (_ kind: String, _ message: String, _ hint: String?) -> Void

    var isTable: Bool { format == .csv || format == .tsv }

    init(_ input: OpenFile, _ file: PlannedFile, _ options: ReadingOptions, say: Say) throws {
        let isRegular = input.isRegularFile
        let window = ByteWindow(input.source)
        // The bytes that reveal the compression come first; a slow pipe is not read further than one read.
        try window.fill(atLeast: isRegular ? ForeignContent.neededBytes : 5)
        if window.bytes.isEmpty, !isRegular || file.path == nil, !options.allowsEmpty { throw OpenText.empty(file) }
        try self.init(window, file, options, say: say)
    }

    /// - Parameter window: begins with the first bytes.
    init(_ window: ByteWindow, _ file: PlannedFile, _ options: ReadingOptions, say: Say) throws {
        self.window = window
        try OpenText.checkIsText(window, file)
        if window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { window.consume(3) }
        var format = options.format
        if format == .auto, options.path != nil { format = .json }
        if format == .auto { format = file.fileName.flatMap { FileFormat(name: $0) } ?? .auto }
        if format == .auto { format = try FileFormat.detect(window, name: file.name, options) }
        if format == .parquet {
            throw ProgramError(
                .data, "unable to read \(file.name): it is not a Parquet file, as its name says",
                hint: "--format names its format")
        }
        self.format = format
        if format == .jsonl, options.format == .auto, OpenText.beginsWithArray(window.bytes) {
            say(
                "array", "\(file.name): its first line is an array, which becomes one record",
                "if its elements are the records: --format json")
        }
        if isTable { dialect = try dialect(file, options, say) }
    }

    private static func beginsWithArray(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = skipWhitespace(bytes, 0)
        return start < bytes.count && bytes[start] == UInt8(ascii: "[")
    }

    private static func empty(_ file: PlannedFile) -> ProgramError {
        ProgramError(
            .data, "unable to read \(file.name): it is empty",
            hint: "did the program before dlt-extract fail? --allow-empty reads it as no records")
    }

    /// Whatever the name of the file suggests.
    private static func checkIsText(_ window: ByteWindow, _ file: PlannedFile) throws {
        guard let content = ForeignContent(window.bytes) else { return }
        throw ProgramError(
            .data, "unable to read \(file.name): it \(content.isGuess ? "seems to be" : "is") \(content.name)",
            hint: content.hint(
                file: file.path.map(ShellWord.quoted), reader: OpenText.reader(of: file)))
    }

    /// The command that reads a file's text from a pipe.
    static func reader(of file: PlannedFile) -> String {
        let name = (file.path ?? file.remote?.url).flatMap { try? FilePlan.name(of: $0) } ?? "NAME"
        return "dlt-extract files - --resource \(ShellWord.quoted(name))"
    }

    // MARK: Tables

    private func dialect(
        _ file: PlannedFile, _ options: ReadingOptions, _ say: Say
    ) throws -> CSVDialect {
        let usual = format == .tsv ? UInt8(0x09) : UInt8(ascii: ",")
        var dialect = options.dialect(options.delimiter ?? usual)
        let guess = try DialectGuess(window, options)
        if let said = guess.separatorLine, options.delimiter == nil || options.delimiter == said {
            dialect = options.dialect(said)
            dialect.hasSeparatorLine = true
        } else if options.delimiter == nil {
            dialect = options.dialect(guess.delimiter(usually: usual))
            if dialect.delimiter != usual {
                say(
                    "delimiter \(dialect.delimiter)",
                    "\(file.name): assuming that fields are separated by \(OpenText.name(of: dialect.delimiter)); "
                        + "--delimiter sets another", nil)
            } else if options.hasHeader, let other = guess.strayDelimiter(beside: usual) {
                say(
                    "stray \(other)",
                    "\(file.name): the header is one column, though it holds \(OpenText.name(of: other))",
                    "if that separates the fields: --delimiter \(OpenText.option(of: other))")
            }
        }
        return dialect
    }

    private static func name(of delimiter: UInt8) -> String {
        delimiter == 0x09 ? "a tab" : "`\(Character(Unicode.Scalar(delimiter)))`"
    }

    private static func option(of delimiter: UInt8) -> String {
        delimiter == 0x09 ? "tab" : "'\(Character(Unicode.Scalar(delimiter)))'"
    }
}
