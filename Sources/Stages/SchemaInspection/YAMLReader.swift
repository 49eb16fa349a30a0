import Documents
import JSONText

/// A document with the lines its members stand on.
struct LocatedDocument {
    var value: JSONValue
    /// Line of each member by its place, such as `tables.users.columns.id`.
    var lines: [String: Int] = [:]
}

/// Reads a schema written as YAML.
enum YAMLReader {
    static func document(_ text: String) throws(DocumentError) -> LocatedDocument {
        let root = try YAMLDocument.read(Array(text.utf8))
        var document = LocatedDocument(value: root.json)
        collectLines(of: root, at: "", into: &document.lines)
        return document
    }

    private static func collectLines(of value: LocatedValue, at place: String, into lines: inout [String: Int]) {
        for (index, item) in (value.items ?? []).enumerated() {
            collectLines(of: item, at: "\(place)[\(index)]", into: &lines)
        }
        for member in value.members ?? [] {
            let inner = place.isEmpty ? member.key : "\(place).\(member.key)"
            lines[inner] = member.line
            collectLines(of: member.value, at: inner, into: &lines)
        }
    }
}
