import Archive
import CompressedIO
import JSONText
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

/// Delivers the files in a zip or tar archive, in the order in which they are in it.
struct ArchiveDelivery {
    let file: PlannedFile
    let options: ReadingOptions
    let columns: ResourceColumns

    /// The number of bytes that show what a file is.
    static let neededBytes = 512

    /// Whether a file is an archive that is read; a workbook of Excel is a zip of another kind.
    static func isArchive(_ beginning: [UInt8]) -> Bool {
        let content = beginning.withUnsafeBufferPointer { ForeignContent($0) }
        return content?.name == "a zip archive" || content?.name == "a tar archive"
    }

    /// Delivers from a place on. Returns the sink's last answer, and the place of the record that it refused.
    func run(
        _ source: any ByteSource, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        do { return try deliver(source, from: start, into: sink) } catch let error as ArchiveError {
            guard let absence = ArchiveReader.absence else {
                throw ProgramError(
                    .data, "unable to read \(file.name): \(error)",
                    hint: "the archive is damaged or incomplete: fetch or write it again")
            }
            throw ProgramError(
                .unavailable, "unable to read \(file.name): \(absence)",
                hint: "libarchive reads archives: install libarchive13, or unpack the archive")
        }
    }

    private func deliver(
        _ source: any ByteSource, from start: FilePlace?, into sink: any RecordSink
    ) throws -> (answer: SinkAnswer, stop: FilePlace?) {
        var source = source
        let reader = try ArchiveReader(.archive) { try source.read(into: $0) }
        let known = start?.records ?? 0
        var delivered = 0
        var others: [String] = []
        var isEmpty = true
        var names: Set<ExactString> = []
        while let entry = try reader.next() {
            guard entry.isFile else {
                if entry.isLink, isData(entry.name) {
                    columns.say(
                        "link \(file.name)",
                        "\(file.name): \(entry.name) is a link, and links in an archive are left out",
                        hint: "unpack the archive to read them")
                }
                continue
            }
            guard isData(entry.name) else {
                others.append(entry.name)
                continue
            }
            isEmpty = false
            if !names.insert(ExactString(entry.name)).inserted {
                columns.say(
                    "again \(file.name)",
                    "\(file.name): \(entry.name) is in it more than once, and each of them is read",
                    hint: "if only the last one counts, unpack the archive")
            }
            let inner = PlannedFile(entry.name, in: file)
            if entry.isEncrypted {
                throw ProgramError(
                    .data, "unable to read \(inner.name): it is encrypted", hint: "unpack the archive with its password"
                )
            }
            var delivery: TextDelivery
            do {
                let window = ByteWindow(
                    try CompressedInput.open(EntrySource(reader, name: inner.name), name: inner.name))
                try window.fill(atLeast: ForeignContent.neededBytes)
                let text = try OpenText(window, inner, options) { columns.say($0, $1, hint: $2, isNote: $2 == nil) }
                columns.file = inner.name
                delivery = TextDelivery(text, columns, place: RecordPlace(.file(inner.name)))
            }
            delivery.skipping = max(known - delivered, 0)
            let answer: SinkAnswer
            let stop: FilePlace?
            do { (answer, stop) = try delivery.run(options, from: nil, into: sink) } catch let error as ArchiveError {
                throw error
            } catch { throw TextDelivery.explained(error, inner, record: delivery.delivered + 1) }
            delivered += delivery.delivered
            if stop != nil { return (answer, FilePlace(records: delivered)) }
        }
        if isEmpty { throw nothing(others) }
        return (.taken, nil)
    }

    /// As in a folder; the user may name the format of all entries instead.
    private func isData(_ name: String) -> Bool {
        let parts = name.unicodeScalars.split(separator: "/")
        if parts.contains(where: { $0.first == "." }) || parts.first.map(String.init) == "__MACOSX" { return false }
        return options.format != .auto || FileFormat(name: name) != nil
    }

    private func nothing(_ others: [String]) -> ProgramError {
        let names = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? " and others" : "")
        return ProgramError(
            .noInput, "unable to find data in \(file.name): no file in it has a known extension",
            hint: others.isEmpty ? "it has no files" : "it has \(names); --format names their format")
    }
}

/// The bytes of one file of an archive.
private final class EntrySource: ByteSource {
    private let reader: ArchiveReader
    private let name: String
    private let before: Int64
    private var produced: Int64 = 0

    /// Data does not become that much smaller; what unpacks to more is made to fill disks.
    private static let mostTimes: Int64 = 1000
    private static let harmless: Int64 = 1 << 30

    init(_ reader: ArchiveReader, name: String) {
        self.reader = reader
        self.name = name
        before = reader.consumed
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try reader.read(into: buffer)
        produced += Int64(count)
        // The reader is ahead by the size of a buffer.
        if produced > Self.harmless, produced / max(reader.consumed - before, 1 << 18) > Self.mostTimes {
            throw ProgramError(
                .data, "unable to read \(name): it unpacks to more than \(Self.mostTimes) times its size",
                hint: "if that is meant, unpack it first")
        }
        return count
    }
}
