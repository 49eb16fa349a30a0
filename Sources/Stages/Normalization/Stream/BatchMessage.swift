import CompressedIO
import Encodings
import JSONText
import ProgramSupport

/// Singer's BATCH: records of a stream in files instead of RECORD messages.
struct BatchMessage {
    let stream: String
    /// nil when the message does not name it; then the first bytes of the files decide.
    let compression: Compression?
    let files: [String]

    init(_ message: JSONValue, at place: String) throws(ProgramError) {
        guard let stream = message["stream"]?.stringValue else {
            throw ProgramError(.data, "unable to read \(place): a BATCH needs a stream")
        }
        self.stream = stream
        let format = message["encoding", "format"]?.stringValue ?? "none"
        guard format == "jsonl" else {
            throw ProgramError(
                .data, "unable to read the BATCH in \(place): its format is \(format), only jsonl is supported",
                hint: "configure the tap to write jsonl batches, or RECORD messages")
        }
        switch message["encoding", "compression"] {
        case nil, .null?: compression = nil
        case .string("none")?: compression = Compression.none
        case .string("gzip")?: compression = .gzip
        case .string("zstd")?: compression = .zstd
        case let other?:
            throw ProgramError(
                .data,
                "unable to read the BATCH in \(place): its compression is \(other.stringValue ?? other.serialized())",
                hint: "configure the tap to compress batches by gzip or zstd, or not at all")
        }
        guard let manifest = message["manifest"]?.arrayValue else {
            throw ProgramError(.data, "unable to read \(place): a BATCH needs a manifest of files")
        }
        var files: [String] = []
        for entry in manifest { files.append(try BatchMessage.path(entry, at: place)) }
        self.files = files
    }

    /// The path of a `file:` URL (RFC 8089), or an absolute path, unchanged.
    private static func path(_ entry: JSONValue, at place: String) throws(ProgramError) -> String {
        guard let url = entry.stringValue, !url.isEmpty else {
            throw ProgramError(
                .data, "unable to read the BATCH in \(place): its manifest has an entry that is not a URL")
        }
        if url.hasPrefix("/") { return url }
        for prefix in ["file:///", "file://localhost/", "file:/"] where url.hasPrefix(prefix) {
            // "file://host/…" begins with the last prefix too, but names another machine.
            if prefix == "file:/" && url.hasPrefix("file://") { break }
            if let path = decoded("/" + url.dropFirst(prefix.count)) { return path }
        }
        throw ProgramError(
            .data, "unable to read the BATCH in \(place): \(url) is not the URL of a local file",
            hint:
                "it looks like file:///folder/file.jsonl.gz; fetch the files of a bucket first, or have the tap write "
                + "RECORD messages")
    }

    private static func decoded(_ text: String) -> String? {
        guard let bytes = PercentEncoding.decodedStrictly(text.utf8), !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
