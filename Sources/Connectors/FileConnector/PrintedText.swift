import ArgumentParser
import CompressedIO
import JSONText
package import RecordSources
package import RecordStreams
package import SystemIO

/// Reads the output of a program as files are read: JSON of any layout, or a table.
package struct PrintedText {
    private let options: ReadingOptions

    package init(format: FileFormat, select: String?, table: TableOptions) throws {
        if format == .parquet { throw ValidationError("'--format parquet' is for files; a command prints text.") }
        var options = try table.reading
        options.format = format
        do { options.path = try select.map { text throws(JSONPath.Malformed) in try JSONPath(text) } } catch {
            throw ValidationError("'--select \(select ?? "")': \(error.reason).")
        }
        options.allowsEmpty = true
        self.options = options
    }

    /// Whether the format was left to a guess.
    package var guesses: Bool { options.format == .auto }

    /// Whether each line is a record, which can be delivered at once; nil when the output so far is too short to
    /// decide.
    ///
    /// - Parameter isAll: nothing follows.
    package func isLines(_ bytes: UnsafeBufferPointer<UInt8>, isAll: Bool) -> Bool? {
        switch options.format {
        case .jsonl: return true
        case .json, .csv, .tsv, .parquet: return false
        case .auto: break
        }
        // Output that is not text is reported when it is opened.
        if options.path != nil || ForeignContent(bytes) != nil { return false }
        let start = skipWhitespace(bytes, 0)
        guard start < bytes.count else { return isAll ? true : nil }
        if bytes[start] == UInt8(ascii: "[") { return false }
        guard bytes[start] == UInt8(ascii: "{") else { return true }
        // An object over several lines is one record.
        guard let end = bytes[start...].firstIndex(of: 0x0A) else { return isAll ? true : nil }
        let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
        return ValueEnd.isWhole(line)
    }

    /// Reads a text to its end; waits for it.
    ///
    /// - Parameter title: the name of the text in messages.
    package func read(
        _ window: ByteWindow, title: String, of resource: String, at place: RecordPlace, into sink: any RecordSink
    ) throws -> SinkAnswer {
        let file = PlannedFile(path: nil, title: title)
        let columns = ResourceColumns(resource, options.tables, sink: sink)
        columns.file = title
        do {
            try window.fill(atLeast: 4)
            let text = try OpenText(window, file, options) { columns.say($0, $1, hint: $2, isNote: $2 == nil) }
            var delivery = TextDelivery(text, columns, place: place)
            return try delivery.run(options, from: nil, into: sink).answer
        } catch { throw TextDelivery.explained(error, file, record: 1) }
    }
}
