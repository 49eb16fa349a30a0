import Digests
import JSONText

/// The checksum at the end of a document in the spool: its last member, `checksum`, is the XXH64 of every byte before
/// the comma that precedes it.
///
/// The manifest has the checksums of jobs; documents have only their own. Their contents decide where rows go and what
/// is not extracted again, so that a single wrong digit does more harm there than in a row.
enum DocumentSeal {
    enum Finding { case none, intact, broken }

    private static let key = "checksum"
    private static let digits = 16

    /// The text before and after the digits.
    private static func frame(_ style: JSONStyle) -> (before: [UInt8], behind: [UInt8]) {
        style == .pretty
            ? (Array(",\n  \"\(key)\": \"".utf8), Array("\"\n}\n".utf8))
            : (Array(",\"\(key)\":\"".utf8), Array("\"}\n".utf8))
    }

    /// The document as the contents of a file.
    ///
    /// - Parameter document: with at least one member.
    static func sealed(_ document: JSONObject, _ style: JSONStyle = .compact) -> [UInt8] {
        var bytes = JSONValue.object(document).serializedBytes(style)
        bytes.removeLast(style == .pretty ? 2 : 1)
        let frame = frame(style)
        return bytes + frame.before + Array(digest(bytes[...]).utf8) + frame.behind
    }

    static func examine(_ bytes: [UInt8]) -> Finding { examine(bytes[...]) }

    static func examine(_ bytes: ArraySlice<UInt8>) -> Finding {
        for style in [JSONStyle.compact, .pretty] {
            let (before, behind) = frame(style)
            guard bytes.count > before.count + digits + behind.count else { continue }
            let checksum = bytes.endIndex - behind.count - digits..<bytes.endIndex - behind.count
            let content = bytes[bytes.startIndex..<(checksum.lowerBound - before.count)]
            let wrong =
                zip(bytes[content.endIndex..<checksum.lowerBound], before).count { $0 != $1 }
                + zip(bytes[checksum.upperBound...], behind).count { $0 != $1 }
            // A seal with one or two wrong bytes is a broken seal, not the last member of something else.
            if wrong > 2 { continue }
            let isRight = wrong == 0 && bytes[checksum].elementsEqual(digest(content).utf8)
            return isRight ? .intact : .broken
        }
        return .none
    }

    static func digest(_ bytes: ArraySlice<UInt8>) -> String {
        var hasher = XXH64()
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.hexDigest()
    }

    /// The contents of a file without its seal, and whether it had one.
    ///
    /// - Parameter file: its path, for messages.
    static func open(_ bytes: [UInt8], of file: String) throws(PackageDamage) -> (document: JSONObject, isSealed: Bool)
    {
        let finding = examine(bytes)
        guard finding != .broken else {
            throw PackageDamage("\(file) does not match its checksum")
        }
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw PackageDamage("\(file) is not JSON: \(error)") }
        guard var document = value.objectValue else { throw PackageDamage("\(file) is not a JSON object") }
        if finding == .intact { document[key] = nil }
        return (document, finding == .intact)
    }
}
