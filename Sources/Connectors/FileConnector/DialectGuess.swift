import JSONText
import SystemIO

/// What the first lines of a file show: what separates their fields, and whether they are a table at all.
struct DialectGuess {
    private let options: ReadingOptions
    private let sample: UnsafeBufferPointer<UInt8>
    private let isWhole: Bool

    /// The most lines and bytes that are examined.
    static let lines = 10
    static let mostBytes = 64 << 10
    static let delimiters: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|"), 0x09]

    /// Fills the window with lines to examine. Valid until it is filled again.
    init(_ window: ByteWindow, _ options: ReadingOptions) throws {
        self.options = options
        let lines = options.sampleLines
        while window.bytes.count < Self.mostBytes, Self.lineEnds(in: window.bytes, atMost: lines) < lines,
            try window.fill()
        {}
        sample = UnsafeBufferPointer(rebasing: window.bytes.prefix(Self.mostBytes))
        isWhole = window.isAtEnd && window.bytes.count <= Self.mostBytes
    }

    private static func lineEnds(in bytes: UnsafeBufferPointer<UInt8>, atMost limit: Int) -> Int {
        var lines = 0
        for byte in bytes where byte == 0x0A {
            lines += 1
            if lines == limit { break }
        }
        return lines
    }

    /// The separator that `sep=;` in the first line names.
    var separatorLine: UInt8? {
        guard sample.count > 5, sample.prefix(4).elementsEqual("sep=".utf8),
            sample[5] == 0x0A || sample[5] == 0x0D
        else { return nil }
        return sample[4]
    }

    /// The number of fields in the first rows if this character separates them; empty when they do not form rows.
    func fieldCounts(_ delimiter: UInt8) -> [Int] {
        var scanner = RowScanner(options.dialect(delimiter))
        var counts: [Int] = []
        var offset = 0
        while offset < sample.count, counts.count < Self.lines {
            let rest = UnsafeBufferPointer(rebasing: sample[offset...])
            guard let length = try? scanner.scan(rest, isAll: isWhole) else { break }
            if !scanner.isBlank { counts.append(scanner.fields.count) }
            offset += length
        }
        return counts
    }

    /// The delimiter of a file that should have the usual one: another only if the usual one gives a header of one
    /// column or rows that do not match it, and the other one makes all rows match.
    func delimiter(usually usual: UInt8) -> UInt8 {
        let counts = fieldCounts(usual)
        guard let header = counts.first else { return usual }
        if header > 1, counts.allSatisfy({ $0 <= header }), counts.count < 2 || counts[1] == header { return usual }
        var best = usual
        var most = header
        for other in Self.delimiters where other != usual {
            let counts = fieldCounts(other)
            guard let fields = counts.first, fields > most, counts.allSatisfy({ $0 == fields }) else { continue }
            best = other
            most = fields
        }
        return best
    }

    /// For a header of one column, a character that may separate more.
    func strayDelimiter(beside delimiter: UInt8) -> UInt8? {
        guard fieldCounts(delimiter).first == 1 else { return nil }
        return Self.delimiters.first { $0 != delimiter && (fieldCounts($0).first ?? 1) > 1 }
    }

    /// The delimiter of a text that may not be a table: its lines must agree, and its first line must look like a
    /// header.
    var delimiterOfTable: UInt8? {
        if options.hasHeader && !beginsLikeHeader { return nil }
        var best: UInt8?
        var most = 1
        for delimiter in Self.delimiters {
            let counts = fieldCounts(delimiter)
            guard let fields = counts.first, fields > most, counts.allSatisfy({ $0 <= fields }),
                counts.count < 2 || counts[1] == fields,
                counts.filter({ $0 == fields }).count * 2 >= counts.count
            else { continue }
            best = delimiter
            most = fields
        }
        return best
    }

    // MARK: Texts that are not tables

    private static let beginnings = [
        "#!", "---", "import ", "from ", "def ", "class ", "package ", "using ", "#include", "<?", "//", "/*",
    ]

    /// Whether a line is not from a log, a script or a letter.
    private var beginsLikeHeader: Bool {
        let line = sample.prefix { $0 != 0x0A && $0 != 0x0D }
        if Self.beginnings.contains(where: { line.starts(with: $0.utf8) }) || hasTimeOfDay(line) { return false }
        // `key: value`, `Subject: …`
        let word = line.prefix { $0 != 0x20 && $0 != UInt8(ascii: ",") }
        if word.count > 1, word.last == UInt8(ascii: ":") { return false }
        // Lines of programs and of YAML end like this.
        let ends = sample.split(separator: 0x0A).compactMap { $0.last { $0 != 0x0D && $0 != 0x20 } }
        return !ends.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "{") }
    }

    /// `10:00:00`, which occurs in every line of a log and in no header.
    private func hasTimeOfDay(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        func isDigit(_ place: Int) -> Bool { line[place] &- 0x30 <= 9 }
        guard line.count >= 8 else { return false }
        for start in line.startIndex...(line.endIndex - 8)
        where line[start + 2] == UInt8(ascii: ":") && line[start + 5] == UInt8(ascii: ":") {
            if [0, 1, 3, 4, 6, 7].allSatisfy({ isDigit(start + $0) }) { return true }
        }
        return false
    }
}
