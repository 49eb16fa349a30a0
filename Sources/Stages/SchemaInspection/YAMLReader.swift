import JSONText
import Yams

/// A document with the lines its members stand on.
struct LocatedDocument {
    var value: JSONValue
    /// Line of each member by its place, such as `tables.users.columns.id`.
    var lines: [String: Int] = [:]
}

/// Why a text is not YAML, and where.
struct YAMLSyntaxError: Error {
    let reason: String
    let line: Int?
    let column: Int?
}

/// Reads YAML as PyYAML understands it, which is YAML 1.1.
enum YAMLReader {
    /// Aliases let a few lines stand for billions of values.
    private static let maximumValues = 5_000_000

    static func document(_ text: String) throws -> LocatedDocument {
        let root: Node?
        // Without resolving: that is ours, by the rules of our writer.
        do { root = try Yams.compose(yaml: text, .basic) } catch let error as YamlError { throw syntaxError(error) }
        var reader = Reader()
        let value = try root.map { try reader.value(of: $0, at: "") } ?? .null
        return LocatedDocument(value: value, lines: reader.lines)
    }

    private struct Reader {
        var lines: [String: Int] = [:]
        private var values = 0

        mutating func value(of node: Node, at place: String) throws -> JSONValue {
            values += 1
            guard values <= YAMLReader.maximumValues else {
                throw YAMLSyntaxError(reason: "its aliases stand for too many values", line: nil, column: nil)
            }
            switch node {
            case .scalar(let scalar): return try value(of: scalar)
            case .sequence(let items):
                return .array(try items.enumerated().map { try value(of: $1, at: "\(place)[\($0)]") })
            case .mapping(let mapping): return .object(try object(of: mapping, at: place))
            case .alias: throw YAMLSyntaxError(reason: "an alias without its anchor", line: nil, column: nil)
            }
        }

        private mutating func object(of mapping: Node.Mapping, at place: String) throws -> JSONObject {
            var object = JSONObject()
            for (key, node) in mapping {
                // A column may well be called `on`, which YAML 1.1 takes for true; as a key it is a name.
                guard let name = key.scalar?.string else {
                    throw YAMLSyntaxError(
                        reason: "a key that is not a text", line: key.mark?.line, column: key.mark?.column)
                }
                if name == "<<", key.scalar?.style == .plain {
                    guard case .object(let merged) = try value(of: node, at: place) else {
                        throw YAMLSyntaxError(
                            reason: "<< must be followed by a mapping", line: key.mark?.line, column: key.mark?.column)
                    }
                    for (key, value) in merged.members where object[key] == nil { object[key] = value }
                    continue
                }
                let inner = place.isEmpty ? name : "\(place).\(name)"
                if let mark = key.mark { lines[inner] = mark.line }
                object[name] = try value(of: node, at: inner)
            }
            return object
        }

        private func value(of scalar: Node.Scalar) throws -> JSONValue {
            // With a tag of its own, such as !!str, or in quotes, it is what it looks like.
            guard scalar.style == .plain, scalar.tag.rawValue.isEmpty else { return .string(scalar.string) }
            return switch YAMLScalar(plain: scalar.string) {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .number(let digits): .number(digits)
            case .text: .string(scalar.string)
            }
        }
    }

    private static func syntaxError(_ error: YamlError) -> YAMLSyntaxError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return YAMLSyntaxError(reason: problem, line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let keys, let context):
            return YAMLSyntaxError(
                reason: "the same key twice: \(keys.joined(separator: ", "))",
                line: context.mark.line, column: context.mark.column)
        case .reader(let problem, _, _, _): return YAMLSyntaxError(reason: problem, line: nil, column: nil)
        default: return YAMLSyntaxError(reason: "\(error)", line: nil, column: nil)
        }
    }
}
