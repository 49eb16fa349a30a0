import CompressedIO
import JSONText
import LoadPackages
import SystemIO

/// The line of a file that a row was made of, as the file has it now.
enum RawLine {
    /// - Parameter isChanged: whether the file was written after the load was begun.
    case text(String, bytes: Int, isChanged: Bool)
    /// Why there is none.
    case absent(String)
    case overdue

    /// What a page shows of a longer one.
    private static let shownBytes = 4096
    private static let longest = 64 << 20

    /// - Parameters:
    ///   - load: the package of the row, which says when the file was read.
    ///   - values: texts that the line should have. If it has few of them it is another line by now.
    init(_ origin: RowOrigin, load: LoadID, values: [String], limit: TimeLimit) {
        guard let name = origin.source["file"]?.stringValue else {
            self = .absent(RawLine.reason(origin.source))
            return
        }
        if name == "standard input" {
            self = .absent("standard input is not kept")
        } else if name.contains("://") {
            self = .absent("what a server sends is not kept")
        } else if let line = origin.line {
            let folder = origin.source["folder"]?.stringValue
            let path = Paths.isAbsolute(name) ? name : folder.map { Paths.join($0, name) }
            guard let path else {
                self = .absent("its folder is not known")
                return
            }
            do { self = try RawLine.read(path, line, load, values, limit) } catch let error as SystemError {
                self = .absent(error.isAbsence ? "the file is gone" : "the file cannot be read: \(error.reason)")
            } catch is LineTooLong {
                self = .absent("a line of the file has more than 64 MB")
            } catch {
                self = .absent("the file cannot be read: \(error)")
            }
        } else {
            self = .absent("its records are not lines")
        }
    }

    private static func reason(_ source: JSONObject) -> String {
        if source["input"] != nil { return "standard input is not kept" }
        if source["command"] != nil { return "what a command prints is not kept" }
        if source["url"] != nil { return "what a server sends is not kept" }
        return "it is not known where the record comes from"
    }

    private static func read(
        _ path: String, _ number: Int, _ load: LoadID, _ values: [String], _ limit: TimeLimit
    ) throws -> RawLine {
        // Anything else, such as a pipe, may wait for ever, and could not be read twice.
        let status = try Files.stat(path)
        guard status.kind == .regular else { return .absent("it is not a regular file any more") }
        let source = try CompressedInput.open(Descriptor.openForReading(path))
        let lines = LineReader(source: source, maximumLineBytes: longest)
        while let line = try lines.next() {
            guard line.number == number else {
                if line.number & 0xFFF == 0, limit.isOver { return .overdue }
                continue
            }
            guard fits(line.bytes, values) else {
                return .absent("the line has other values now: the file has changed since the load")
            }
            let shown = UnsafeBufferPointer(rebasing: line.bytes.prefix(shownBytes))
            return .text(
                String(decoding: shown, as: UTF8.self), bytes: line.bytes.count,
                isChanged: status.modified / 1000 > load.microseconds)
        }
        return .absent("the file has fewer lines now")
    }

    /// Whether a line has more than half of the values: some are written in another way, such as times.
    private static func fits(_ line: UnsafeBufferPointer<UInt8>, _ values: [String]) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        let found = values.count { text.contains($0) }
        return values.isEmpty || found * 2 > values.count
    }
}

extension RowOrigin {
    /// In a few words: line 7 of a file.
    var words: String {
        var place = line.map { "line \($0)" } ?? "record \(number ?? 0)"
        if isApproximate { place = "about " + place }
        place = place.prefix(1).uppercased() + place.dropFirst()
        if let file = source["file"]?.stringValue { return "\(place) of \(file)" }
        if let command = source["command"]?.stringValue { return "\(place) of the output of \(command)" }
        if let url = source["url"]?.stringValue {
            return "\(place) on page \(source["page"]?.intValue ?? 1) of \(url)"
        }
        return source["input"] != nil ? "\(place) of standard input" : "An unknown place"
    }
}
