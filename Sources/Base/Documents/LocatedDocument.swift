package import JSONText

/// A document with the line of each member, for messages about its meaning.
package struct LocatedDocument: Sendable {
    package let value: JSONValue
    /// Line of each member by its place, such as `tables.users.columns.id`; empty when they are not known.
    package private(set) var lines: [String: Int] = [:]

    /// A document whose lines are not known.
    package init(_ value: JSONValue) { self.value = value }

    package init(_ root: LocatedValue) {
        value = root.json
        collectLines(of: root, at: "")
    }

    /// The line of a place, or of the nearest container that has one; nil when lines are not known.
    package func line(of place: String) -> Int? {
        var place = place[...]
        while true {
            if let line = lines[String(place)] { return line }
            guard let end = place.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            place = place[..<end]
        }
    }

    private mutating func collectLines(of value: LocatedValue, at place: String) {
        for (index, item) in (value.items ?? []).enumerated() { collectLines(of: item, at: "\(place)[\(index)]") }
        for member in value.members ?? [] {
            let inner = place.isEmpty ? member.key : "\(place).\(member.key)"
            lines[inner] = member.line
            collectLines(of: member.value, at: inner)
        }
    }
}
