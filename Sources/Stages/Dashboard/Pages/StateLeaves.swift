import JSONText

/// A document as lines of path and value, down to what holds no other values.
enum StateLeaves {
    struct Leaf: Equatable {
        let path: [String]
        let value: JSONValue

        var name: String { path.joined(separator: ".") }
        var text: String { value.stringValue ?? value.serialized() }
    }

    static func of(_ object: JSONObject, below path: [String] = []) -> [Leaf] {
        object.members.flatMap { key, value -> [Leaf] in
            if let inner = value.objectValue, !inner.isEmpty, path.count < 12 { return of(inner, below: path + [key]) }
            return [Leaf(path: path + [key], value: value)]
        }
    }

    /// What is other in the new document: by path, before and after.
    static func changes(_ old: JSONObject, _ new: JSONObject) -> [(name: String, old: Leaf?, new: Leaf?)] {
        let (before, after) = (of(old), of(new))
        var known: [[String]: Leaf] = [:]
        for leaf in before { known[leaf.path] = leaf }
        var changes: [(name: String, old: Leaf?, new: Leaf?)] = []
        for leaf in after {
            let earlier = known.removeValue(forKey: leaf.path)
            if earlier?.value != leaf.value { changes.append((leaf.name, earlier, leaf)) }
        }
        for leaf in before where known[leaf.path] != nil { changes.append((leaf.name, leaf, nil)) }
        return changes
    }
}
