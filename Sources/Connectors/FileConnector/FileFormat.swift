import ArgumentParser
import Encodings
import Glibc
import JSONText
import ProgramSupport
import RecordSources
import SystemIO

/// How to read a file's bytes.
package enum FileFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case auto, jsonl, json, csv, tsv, parquet
}

extension FileFormat {
    private static let byExtension: [String: FileFormat] = [
        "jsonl": .jsonl, "ndjson": .jsonl, "jsonlines": .jsonl, "json": .json, "csv": .csv, "tsv": .tsv, "tab": .tsv,
        "parquet": .parquet,
    ]
    static let compressions = ["gz", "zst", "zstd", "bz2", "xz", "lz4"]
    static let extensions = byExtension.keys.sorted()

    /// By the extension of the name, ignoring that of a compression; nil when it is unknown.
    init?(name: String) {
        guard let format = Self.byExtension[Paths.fileExtension(Self.withoutCompression(name)).lowercased()] else {
            return nil
        }
        self = format
    }

    static func withoutCompression(_ name: String) -> String {
        compressions.contains(Paths.fileExtension(name).lowercased()) ? Paths.withoutExtension(name) : name
    }

    /// By the beginning of the file.
    static func detect(_ window: ByteWindow, name: String, _ options: ReadingOptions) throws -> FileFormat {
        // A longer first line shows enough.
        let enough = 64 << 10
        while window.bytes.count < enough, linesSeen(window.bytes) < 2, try window.fill() {}
        let bytes = window.bytes
        let start = skipWhitespace(bytes, 0)
        guard start < bytes.count else { return .jsonl }
        switch bytes[start] {
        case UInt8(ascii: "{"): return startsWithLines(bytes, from: start) ? .jsonl : .json
        case UInt8(ascii: "["): return .json
        default: break
        }
        let line = bytes[start..<(bytes[start...].firstIndex(of: 0x0A) ?? bytes.count)]
        let isText = !line.contains(0) && firstInvalidUTF8Character(line) == nil && bytes[start] != UInt8(ascii: "<")
        if isText, options.delimiter != nil { return .csv }
        if isText {
            let guess = try DialectGuess(window, options)
            if guess.separatorLine != nil { return .csv }
            if let delimiter = guess.delimiterOfTable {
                return delimiter == 0x09 ? .tsv : .csv
            }
        }
        let first = window.bytes[start...].prefix { $0 != 0x0A }
        throw ProgramError(
            .data, "unable to read \(name): it looks like neither JSON nor CSV (\(beginning(of: first)))",
            hint: "name its format: --format jsonl, json, csv, tsv or parquet")
    }

    private static func linesSeen(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var lines = 0
        for byte in bytes where byte == 0x0A {
            lines += 1
            if lines == 2 { break }
        }
        return lines
    }

    /// Whether the first line is an object, and the second seems to be one: then lines are cheaper to read than values.
    private static func startsWithLines(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        guard let end = bytes[start...].firstIndex(of: 0x0A) else { return false }
        let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
        guard (try? JSONTape().scan(line)) != nil else { return false }
        let next = skipWhitespace(bytes, end)
        return next == bytes.count || bytes[next] == UInt8(ascii: "{")
    }

    private static func firstInvalidUTF8Character(_ line: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        let bytes = UnsafeBufferPointer(rebasing: line)
        guard let base = bytes.baseAddress else { return nil }
        return firstInvalidUTF8(base, 0, bytes.count)
    }

    private static func beginning(of line: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        let shown = line.prefix(24)
        let isPrintable = shown.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        if isPrintable { return "`\(String(decoding: shown, as: UTF8.self))`" }
        return "bytes " + shown.prefix(6).map { Hexadecimal.text([$0]) }.joined(separator: " ")
    }
}
