import CompressedIO
import ProgramSupport
import SystemIO

/// A file whose first bytes were looked at: it is text, and its format is known.
struct OpenFile {
    let window: ByteWindow
    let format: FileFormat
    private(set) var dialect = CSVDialect()

    var isTable: Bool { format == .csv || format == .tsv }

    /// - Parameter say: takes what people should know of the file: a warning with a hint, or a note without one.
    init(
        _ input: consuming Descriptor, _ file: PlannedFile, _ options: ReadingOptions,
        say: (_ kind: String, _ message: String, _ hint: String?) -> Void
    ) throws {
        let isRegular = input.isRegularFile
        window = ByteWindow(try CompressedInput.open(input))
        // The bytes that told the packing come first; of a slow pipe no more is waited for than one read.
        try window.fill(atLeast: isRegular ? ForeignContent.neededBytes : 5)
        if window.bytes.isEmpty, !isRegular || file.path == nil, !options.allowsEmpty { throw OpenFile.empty(file) }
        try OpenFile.checkIsText(window, file)
        if window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { window.consume(3) }
        var format = options.format
        if format == .auto, options.path != nil { format = .json }
        if format == .auto { format = file.path.flatMap { FileFormat(name: $0) } ?? .auto }
        if format == .auto { format = try FileFormat.detect(window, name: file.name, options) }
        self.format = format
        if isTable { dialect = try dialect(file, options, say) }
    }

    private static func empty(_ file: PlannedFile) -> ProgramError {
        ProgramError(
            .data, "unable to read \(file.name): not a byte came",
            hint: "did the program before dlt-extract fail? --allow-empty takes it for no records")
    }

    /// Whatever the name of the file says.
    private static func checkIsText(_ window: ByteWindow, _ file: PlannedFile) throws {
        guard let content = ForeignContent(window.bytes) else { return }
        throw ProgramError(
            .data, "unable to read \(file.name): it \(content.isGuess ? "seems to be" : "is") \(content.name)",
            hint: content.hint(
                file: file.path.map(OpenFile.shellWord), reader: OpenFile.reader(of: file)))
    }

    /// The command that reads a file's text from a pipe.
    static func reader(of file: PlannedFile) -> String {
        let name = file.path.flatMap { try? FilePlan.name(of: $0) } ?? "NAME"
        return "dlt-extract files - --resource \(shellWord(name))"
    }

    /// A name as a shell takes it.
    static func shellWord(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "-")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_")
        }
        return isPlain && !name.isEmpty ? name : "'" + name.replacing("'", with: "'\\''") + "'"
    }

    // MARK: Tables

    private func dialect(
        _ file: PlannedFile, _ options: ReadingOptions,
        _ say: (_ kind: String, _ message: String, _ hint: String?) -> Void
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
                    "\(file.name): fields are taken to be separated by \(OpenFile.name(of: dialect.delimiter)); "
                        + "--delimiter sets another", nil)
            } else if options.hasHeader, let other = guess.strayDelimiter(beside: usual) {
                say(
                    "stray \(other)",
                    "\(file.name): the header is one column, though it holds \(OpenFile.name(of: other))",
                    "if that separates the fields: --delimiter \(OpenFile.option(of: other))")
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
