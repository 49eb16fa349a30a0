import Failures
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Delivers one text to a sink, whatever its origin.
struct TextDelivery {
    private let text: OpenText
    private let columns: ResourceColumns
    private let place: RecordPlace
    private let isLookedAt: Bool
    /// The number of delivered records of the text, including those of earlier runs.
    private(set) var delivered = 0
    /// Records at the beginning that an earlier run delivered, and that are only counted.
    var skipping = 0

    /// - Parameters:
    ///   - place: the origin of the text.
    ///   - isLookedAt: its contents decided the types of its columns.
    init(_ text: OpenText, _ columns: ResourceColumns, place: RecordPlace, isLookedAt: Bool = false) {
        self.text = text
        self.columns = columns
        self.place = place
        self.isLookedAt = isLookedAt
    }

    /// Delivers from a place on. Returns the sink's last answer, and the place of the record that it refused.
    mutating func run(
        _ options: ReadingOptions, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        delivered = start?.records ?? 0
        var delivered = delivered
        defer { self.delivered = delivered }
        var answer = SinkAnswer.taken
        if !text.isTable { try columns.begin(withTypes: nil) }
        // The next program already has the records of a slow pipe.
        text.window.beforeWaiting = { try sink.flush() }
        defer { text.window.beforeWaiting = nil }
        var reader = reader(options)
        let columns = columns
        let skipping = skipping
        var place = place
        var nextLine = -1
        var stop = try reader.read(text.window, from: start) { record, line in
            // The sink knows the place of a record on the next line.
            if line != nextLine {
                place.line = line > 0 ? line : nil
                place.number = delivered + 1
                sink.isAt(place, of: columns.handle)
            }
            nextLine = line > 0 ? line + 1 : 0
            if delivered < skipping {
                delivered += 1
                return true
            }
            answer = try sink.take(record, of: columns.handle)
            if !answer.wantsMore { return false }
            delivered += 1
            return true
        }
        stop?.records = delivered
        return (answer.wantsMore ? .taken : answer, stop)
    }

    private func reader(_ options: ReadingOptions) -> any RecordReader {
        switch text.format {
        case .auto, .jsonl, .parquet: LinesReader()
        case .json: JSONDocumentReader(path: options.path)
        case .csv, .tsv: CSVReader(text.dialect, columns: columns, isKnown: isLookedAt)
        }
    }

    // MARK: Errors

    /// Describes an error of a text, with its place in words.
    ///
    /// - Parameter line: the line at an offset, if it can be found out.
    static func explained(
        _ error: any Error, _ file: PlannedFile, record: Int, line: (Int64) -> Int? = { _ in nil }
    ) -> any Error {
        switch error {
        case let error as FileSyntaxError:
            let place =
                switch error.place {
                case .line(let line): ", line \(line)"
                case .byte(0): ""
                case .byte(let offset): line(offset).map { ", line \($0)" } ?? ", byte \(offset + 1)"
                }
            return ProgramError(
                .data, "unable to read \(file.name)\(place): \(error.reason)",
                hint: error.isForeignEncoding ? encodingHint(file) : error.hint)
        case let error as TooLongToHold:
            return ProgramError(
                .data, "unable to read \(file.name): record \(record) is longer than \(error.maximum >> 20) MiB",
                hint: "if it is one document with the records inside, name their place with --select PATH")
        default: return error
        }
    }

    private static func encodingHint(_ file: PlannedFile) -> String {
        if file.remote != nil {
            return
                "it is not UTF-8; fetch it, and convert it: iconv -f windows-1252 -t utf-8 FILE | \(OpenText.reader(of: file))"
        }
        guard let path = file.path else {
            return
                "the program before dlt-extract writes another encoding; if that is windows-1252, put "
                + "`iconv -f windows-1252 -t utf-8` between the two"
        }
        let name = ShellWord.quoted(path)
        return "`file -i \(name)` shows the encoding; if it is windows-1252, as in most such files: "
            + "iconv -f windows-1252 -t utf-8 \(name) | \(OpenText.reader(of: file))"
    }
}
