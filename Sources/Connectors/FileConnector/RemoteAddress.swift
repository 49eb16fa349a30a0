import ObjectStores
import ProgramSupport
import Secrets

/// A URL of files: one of a web server, or objects of a bucket by name, folder or pattern.
struct RemoteAddress: Equatable {
    enum Place: Equatable {
        case web
        case bucket(String)
    }

    let place: Place
    /// The URL of a file on the web; of a bucket, what follows its name.
    let text: String

    /// Nil if it is a path.
    init?(_ operand: String) throws {
        guard let mark = operand.unicodeScalars.firstRange(of: "://".unicodeScalars) else { return nil }
        let scheme = String(operand.unicodeScalars[..<mark.lowerBound]).lowercased()
        let rest = operand.unicodeScalars[mark.upperBound...]
        guard !scheme.isEmpty, scheme.utf8.allSatisfy(Self.isSchemeByte) else { return nil }
        switch scheme {
        case "http", "https":
            place = .web
            text = operand
        case "s3", "s3a":
            let bucket = rest.prefix { $0 != "/" }
            guard !bucket.isEmpty else {
                throw ProgramError(
                    .usage, "unable to read \(operand): it names no bucket", hint: "for example s3://data/orders/*.csv")
            }
            // A key and its secret, which would get into messages and into the state.
            if bucket.contains(where: { $0 == "@" || $0 == ":" }) {
                throw ProgramError(
                    .usage, "unable to read \(Secrets.masked(url: operand)): the name of a bucket has neither : nor @",
                    hint: "keys stand in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile")
            }
            place = .bucket(String(bucket))
            text = String(rest[bucket.endIndex...].dropFirst())
        default:
            throw ProgramError(
                .usage, "unable to read \(Secrets.masked(url: operand)): files of `\(scheme)://` are not read",
                hint: "they are of http, https and s3; rclone reads others: "
                    + "rclone cat REMOTE:PATH | dlt-extract files - --resource NAME")
        }
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// In messages; holds no secret.
    var shown: String {
        switch place {
        case .web: Secrets.masked(url: text)
        case .bucket(let bucket): "s3://\(bucket)/\(text)"
        }
    }

    /// The bucket; a web server is not a name for records.
    var host: String? { if case .bucket(let bucket) = place { bucket } else { nil } }

    /// Without server and parameters.
    var path: String {
        guard place == .web, let mark = text.firstRange(of: "://") else { return text }
        let rest = text[mark.upperBound...].prefix { $0 != "?" && $0 != "#" }
        return rest.firstIndex(of: "/").map { String(rest[rest.index(after: $0)...]) } ?? ""
    }

    /// A question mark of a URL begins its parameters, and no web server lists its files.
    var isPattern: Bool { place != .web && FilePlan.isPattern(text) }

    func fileName(of object: StoredObject?) -> String { place == .web ? path : object?.key ?? text }

    // MARK: Buckets

    /// What every wanted key begins with.
    var prefix: String { isPattern ? String(text.prefix { !FilePlan.wildcards.contains($0) }) : text }

    enum Match {
        /// Exactly the key that was named.
        case named
        /// In the named folder, or by the pattern.
        case found
    }

    /// Whether a key is wanted.
    func match(_ key: String) -> Match? {
        if key == text, !key.isEmpty, !key.hasSuffix("/") { return .named }
        if isPattern {
            let parts = key.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let pattern = text.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            // As on this machine, a wildcard does not stand for a name that begins with a period.
            let isHidden = parts.contains { $0.first == "." } && !pattern.contains { $0.first == "." }
            return !isHidden && FilePlan.matches(parts[...], pattern[...]) ? .found : nil
        }
        let folder = text.isEmpty || text.hasSuffix("/") ? text : text + "/"
        guard key.hasPrefix(folder) else { return nil }
        // As in a folder of this machine: what is hidden, and what is not data, is left out.
        let below = key.unicodeScalars.dropFirst(folder.unicodeScalars.count).split(
            separator: "/", omittingEmptySubsequences: false)
        guard below.allSatisfy({ $0.first != "." && !$0.isEmpty }), FileFormat(name: key) != nil else { return nil }
        return .found
    }
}
