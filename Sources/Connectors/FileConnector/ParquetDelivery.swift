import DuckDBConnector
import Failures
import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import Schemas
import SystemIO
import TableSources

/// Delivers the rows of a Parquet file, which are read by the library of DuckDB. The file says the types of its columns.
struct ParquetDelivery {
    let file: PlannedFile
    let limits: DuckDBFiles.Limits
    let columns: ResourceColumns

    /// Whether a file is Parquet, by the option or its first bytes.
    static func isParquet(_ beginning: some Sequence<UInt8>, _ options: ReadingOptions) -> Bool {
        options.format == .parquet || options.format == .auto && beginning.starts(with: "PAR1".utf8)
    }

    /// Delivers from a place on. Returns the sink's last answer, and the place of the record that it refused.
    func run(
        _ source: any ByteSource, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        // The library reads a file by its end, and by a path; a path of the user's might have wildcards.
        if let path = file.path, (try? Files.stat(path))?.kind == .regular {
            let input = try Descriptor.openForReading(path)
            if try ParquetDelivery.isPlain(input) { return try run(input, from: start, into: sink) }
        }
        let copy = try Descriptor.temporary()
        try ParquetDelivery.copy(source, to: copy)
        return try run(copy, from: start, into: sink)
    }

    /// Whether it is not packed.
    private static func isPlain(_ file: borrowing Descriptor) throws -> Bool {
        let magic = try [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return magic.elementsEqual("PAR1".utf8)
    }

    private static func copy(_ source: any ByteSource, to file: borrowing Descriptor) throws {
        var source = source
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { block.deallocate() }
        while true {
            let count = try source.read(into: block)
            if count == 0 { return }
            try file.writeAll(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
    }

    private func run(
        _ input: borrowing Descriptor, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        let path = "/proc/self/fd/\(input.raw)"
        do { return try run(path, from: start, into: sink) } catch let error as TableError {
            let message = error.message.replacing("read the query", with: "read \(file.name)").replacing(
                "'\(path)'", with: "it"
            ).replacing("\"\(path)\"", with: "it").replacing(path, with: "it")
            // Nothing else is configured here but its memory.
            let hint = error.kind == .configuration ? "--memory-limit SIZE gives it more memory" : error.hint
            throw TableError(error.kind, message, hint: hint)
        }
    }

    private func run(
        _ path: String, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        let session = try DuckDBFiles.open(file.name, limits)
        defer { session.close() }
        var delivered = start?.records ?? 0
        let query = DuckDBFiles.parquet(path, skipping: delivered)
        let known = try session.columns(ofQuery: query)
        var hints = JSONObject()
        // Lists and structs become tables and columns, as they do in any record.
        for column in known where column.dataType != .json || column.storedType == "JSON" {
            hints[column.name] = .object(column.hints(.full))
        }
        try columns.begin(withColumns: hints)
        let rows = try session.rows(of: TableSelection(.query(query), columns: known))
        defer { rows.close() }
        var place = RecordPlace(.file(file.name))
        place.number = delivered + 1
        sink.isAt(place, of: columns.handle)
        let record = ByteBuffer()
        while true {
            record.truncate(to: 0)
            guard try rows.next(record) else { break }
            let answer = try sink.take(record.bytes, of: columns.handle)
            if !answer.wantsMore { return (answer, FilePlace(records: delivered)) }
            delivered += 1
        }
        for remark in rows.remarks {
            columns.say("remark \(remark.message)", "\(file.name): \(remark.message)", hint: remark.hint)
        }
        return (.taken, nil)
    }
}
