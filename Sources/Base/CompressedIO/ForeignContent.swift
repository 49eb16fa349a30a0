/// Bytes that are not UTF-8 text, detected by how they begin: another encoding, another compression, or another file
/// format.
package struct ForeignContent: Sendable, Equatable {
    /// Such as "a zip archive", to follow "it is".
    package let name: String
    /// Whether the content was guessed, so that messages say "it seems to be".
    package let isGuess: Bool
    /// A command that prints the text; FILE stands for the file's name.
    package let command: String?
    private let advice: String

    /// The number of bytes that detection needs.
    package static let neededBytes = 512

    private init(_ name: String, isGuess: Bool = false, command: String? = nil, advice: String = "") {
        self.name = name
        self.isGuess = isGuess
        self.command = command
        self.advice = advice
    }

    /// What the user can do about it.
    ///
    /// - Parameter file: its name, quoted for a shell; nil for data from a pipe.
    package func hint(file: String?, reader: String) -> String {
        guard let command else { return advice }
        guard let file else { return "convert it on the way with `\(command.replacing(" FILE", with: ""))`" }
        return "\(command.replacing("FILE", with: file)) | \(reader)"
    }

    /// nil when the bytes may be text.
    package init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        if let encoding = ForeignContent.encoding(bytes) {
            self = encoding
        } else if let known = ForeignContent.magics.first(where: { ForeignContent.begins(bytes, with: $0.bytes) }) {
            self = known.content
            if name == "a zip archive", ForeignContent.isWorkbook(bytes) { self = ForeignContent.workbook }
        } else if bytes.count >= 263, bytes[257..<262].elementsEqual("ustar".utf8) {
            self.init("a tar archive", command: "tar -xOf FILE")
        } else {
            return nil
        }
    }

    // MARK: Formats

    /// Where a text could begin in the same way, as `ORC,human,elf` does, the bytes that follow must not be text.
    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, with magic: [UInt8]) -> Bool {
        guard bytes.starts(with: magic) else { return false }
        return magic.contains { $0 < 0x20 || $0 >= 0x80 } || bytes.prefix(neededBytes).contains { $0 < 0x09 }
    }

    private static let magics: [(bytes: [UInt8], content: ForeignContent)] = [
        ([0x1F, 0x8B], ForeignContent("gzip data", command: "gzip -dc FILE")),
        ([0x28, 0xB5, 0x2F, 0xFD], ForeignContent("zstd data", command: "zstd -dc FILE")),
        ([0x50, 0x4B, 0x03, 0x04], ForeignContent("a zip archive", command: "unzip -p FILE")),
        ([0x50, 0x4B, 0x05, 0x06], ForeignContent("an empty zip archive", advice: "there is nothing in it")),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], ForeignContent("xz data", command: "xz -dc FILE")),
        (Array("BZh".utf8), ForeignContent("bzip2 data", command: "bzip2 -dc FILE")),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], ForeignContent("a 7z archive", command: "7z x -so FILE")),
        ([0x04, 0x22, 0x4D, 0x18], ForeignContent("lz4 data", command: "lz4 -dc FILE")),
        ([0x1F, 0x9D], ForeignContent("compress (.Z) data", command: "gzip -dc FILE")),
        (
            Array("PAR1".utf8),
            ForeignContent(
                "a Parquet file",
                command: "duckdb -c \"COPY (FROM 'FILE') TO '/dev/stdout' (FORMAT json)\"")
        ),
        (Array("ARROW1".utf8), ForeignContent("an Arrow file", advice: "write it as JSON Lines or CSV first")),
        (Array("Obj\u{1}".utf8), ForeignContent("an Avro file", command: "avro cat FILE")),
        (Array("ORC".utf8), ForeignContent("an ORC file", advice: "write it as JSON Lines or CSV first")),
        (
            Array("SQLite format 3\0".utf8),
            ForeignContent("an SQLite database", command: "sqlite3 -json FILE 'SELECT * FROM \"…\"'")
        ),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], workbook),
        (Array("%PDF-".utf8), ForeignContent("a PDF document", advice: "ask for the data as JSON or CSV")),
    ]

    private static let workbook = ForeignContent(
        "an Excel workbook",
        advice: "save its sheet as CSV UTF-8, such as with `libreoffice --headless --convert-to csv FILE`")

    /// The first entry of an Office document is one of these.
    private static func isWorkbook(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let name = bytes.dropFirst(30).prefix(24)
        return ["[Content_Types].xml", "xl/", "_rels/.rels", "docProps/"].contains { name.starts(with: $0.utf8) }
    }

    // MARK: Encodings

    private static func encoding(_ bytes: UnsafeBufferPointer<UInt8>) -> ForeignContent? {
        func converted(_ name: String, _ charset: String, isGuess: Bool = false) -> ForeignContent {
            ForeignContent(name, isGuess: isGuess, command: "iconv -f \(charset) -t utf-8 FILE")
        }
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            return converted("UTF-32", "utf-32")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return converted("UTF-16", "utf-16")
        }
        // Text has no U+0000. Where every other byte is zero, each zero is one half of a character.
        let sample = bytes.prefix(neededBytes)
        guard sample.count >= 4, sample.contains(0) else { return nil }
        var zeros = [0, 0, 0, 0]
        for (place, byte) in sample.enumerated() where byte == 0 { zeros[place & 3] += 1 }
        let quarter = sample.count / 4
        func isMostly(_ places: Int...) -> Bool { places.allSatisfy { zeros[$0] * 10 >= quarter * 7 } }
        func isNever(_ places: Int...) -> Bool { places.allSatisfy { zeros[$0] == 0 } }
        if isMostly(1, 2, 3), isNever(0) { return converted("UTF-32 without a mark", "utf-32le", isGuess: true) }
        if isMostly(0, 1, 2), isNever(3) { return converted("UTF-32 without a mark", "utf-32be", isGuess: true) }
        if isMostly(1, 3), isNever(0, 2) { return converted("UTF-16 without a mark", "utf-16le", isGuess: true) }
        if isMostly(0, 2), isNever(1, 3) { return converted("UTF-16 without a mark", "utf-16be", isGuess: true) }
        return nil
    }
}
