package import JSONText

/// Changes to members of records on their way: kept with a table's schema, so that they hold until they are withdrawn.
package struct ChangeRules: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        case exclude
        case rename(String)
        /// A keyed digest replaces the value; the key is identified by its id.
        case hash(key: String)
        case redact
    }

    package struct Rule: Sendable, Equatable {
        /// Names of members from the record down; passes through lists on the way.
        package let path: [String]
        package let change: Change

        package init(path: [String], _ change: Change) {
            self.path = path
            self.change = change
        }

        /// Names that look the same may differ.
        var bytes: [[UInt8]] { path.map { Array($0.utf8) } }
    }

    package private(set) var rules: [Rule] = []

    package init() {}

    package var isEmpty: Bool { rules.isEmpty }

    /// Whether values are left out, hashed or redacted, not only renamed.
    package var hides: Bool { rules.contains { !$0.change.isRename } }

    /// The ids of the keys of hashes, by path.
    package var hashed: [[String]: String] {
        var keys: [[String]: String] = [:]
        for rule in rules { if case .hash(let key) = rule.change { keys[rule.path] = key } }
        return keys
    }

    /// The names in a path such as `user.email`, `lines[*].name` or `["odd.name"].x`.
    package static func path(_ text: String) throws(JSONPath.Malformed) -> [String] {
        var names: [String] = []
        for step in try JSONPath(text).steps {
            switch step {
            case .key(let name): names.append(String(decoding: name, as: UTF8.self))
            case .all: continue
            case .index: throw JSONPath.Malformed(reason: "a rule changes all elements of a list, not one of them")
            }
        }
        if names.isEmpty { throw JSONPath.Malformed(reason: "it names no member") }
        return names
    }

    /// Adds a rule and replaces one of the same kind at the same path. Leaving out, hashing and redacting are one kind.
    package mutating func add(_ rule: Rule) {
        rules.removeAll { $0.bytes == rule.bytes && $0.change.isRename == rule.change.isRename }
        rules.append(rule)
    }

    /// Withdraws the rules of a path.
    package mutating func remove(_ path: [String]) { rules.removeAll { $0.bytes == path.map { Array($0.utf8) } } }

    // MARK: In a schema

    /// The hint of a table that contains them.
    package static let hint = "x-changes"

    package var document: JSONValue {
        .array(
            rules.map { rule in
                var object: JSONObject = ["path": .strings(rule.path)]
                switch rule.change {
                case .exclude: object["change"] = "exclude"
                case .rename(let name):
                    object["change"] = "rename"
                    object["to"] = .string(name)
                case .hash(let key):
                    object["change"] = "hash"
                    object["key"] = .string(key)
                case .redact: object["change"] = "redact"
                }
                return .object(object)
            })
    }

    /// nil for any other document: a rule that is not understood must not be ignored.
    package init?(document: JSONValue) {
        guard let items = document.arrayValue else { return nil }
        for item in items {
            guard let path = item["path"]?.arrayValue?.compactMap(\.stringValue), !path.isEmpty else { return nil }
            switch item["change"]?.stringValue {
            case "exclude": add(Rule(path: path, .exclude))
            case "redact": add(Rule(path: path, .redact))
            case "hash":
                guard let key = item["key"]?.stringValue else { return nil }
                add(Rule(path: path, .hash(key: key)))
            case "rename":
                guard let name = item["to"]?.stringValue else { return nil }
                add(Rule(path: path, .rename(name)))
            default: return nil
            }
        }
    }
}

extension ChangeRules.Change {
    var isRename: Bool { if case .rename = self { true } else { false } }
}
