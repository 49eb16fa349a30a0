import Failures
import YAML

/// Reads YAML as PyYAML does, which is YAML 1.1. Only the first of several documents counts.
package enum YAMLDocument {
    /// Aliases let a few lines expand to billions of values.
    private static let maximumValues = 5_000_000
    private static let maximumDepth = 1000

    package static func read(_ bytes: [UInt8]) throws(DocumentError) -> LocatedValue {
        if let absence = YAMLParser.absence {
            throw DocumentError(
                .unavailable, absence, hint: "install the library that reads YAML: apt-get install libyaml-0-2")
        }
        do throws(YAMLError) {
            var composer = Composer(try YAMLParser(bytes))
            return try composer.document()
        } catch {
            throw DocumentError(error.reason, line: error.mark?.line, column: error.mark?.column)
        }
    }

    private struct Composer {
        let parser: YAMLParser
        var anchors: [String: (value: LocatedValue, size: Int)] = [:]
        var values = 0
        var depth = 0

        init(_ parser: YAMLParser) { self.parser = parser }

        mutating func document() throws(YAMLError) -> LocatedValue {
            while true {
                let event = try parser.next()
                switch event.kind {
                case .documentStart: return try value(from: try parser.next())
                case .streamEnd: return LocatedValue(.null, line: 1)
                default: continue
                }
            }
        }

        private mutating func value(from event: YAMLEvent) throws(YAMLError) -> LocatedValue {
            let before = values
            values += 1
            depth += 1
            defer { depth -= 1 }
            if depth > YAMLDocument.maximumDepth { throw YAMLError(reason: "nested too deeply", mark: event.mark) }
            let content: LocatedValue.Content
            switch event.kind {
            case .scalar(let text, let isPlain): content = scalar(text, isPlain: isPlain)
            case .sequenceStart:
                var items: [LocatedValue] = []
                while true {
                    let next = try parser.next()
                    if next.kind == .sequenceEnd { break }
                    items.append(try value(from: next))
                }
                content = .array(items)
            case .mappingStart: content = .object(try members())
            case .alias(let name):
                guard let (value, size) = anchors[name] else {
                    throw YAMLError(reason: "the alias \(name) has no anchor", mark: event.mark)
                }
                values += size
                guard values <= YAMLDocument.maximumValues else {
                    throw YAMLError(reason: "its aliases expand to too many values", mark: event.mark)
                }
                return value
            default: throw YAMLError(reason: "a value is missing", mark: event.mark)
            }
            let value = LocatedValue(content, line: event.mark.line)
            if let anchor = event.anchor { anchors[anchor] = (value, values - before) }
            return value
        }

        private mutating func members() throws(YAMLError) -> [LocatedValue.Member] {
            var members: [LocatedValue.Member] = []
            var places: [String: Int] = [:]
            var merged: [LocatedValue.Member] = []
            while true {
                let event = try parser.next()
                if event.kind == .mappingEnd { break }
                // A column may be called `on`, which YAML 1.1 reads as true; as a key it is a name.
                guard case .scalar(let key, let isPlain) = event.kind else {
                    throw YAMLError(reason: "a key is not a string", mark: event.mark)
                }
                let value = try value(from: try parser.next())
                if key == "<<", isPlain {
                    for source in value.items ?? [value] {
                        guard let added = source.members else {
                            throw YAMLError(reason: "<< must be followed by a mapping", mark: event.mark)
                        }
                        merged += added
                    }
                    continue
                }
                if places.updateValue(members.count, forKey: key) != nil {
                    throw YAMLError(reason: "the key \(key) appears twice", mark: event.mark)
                }
                members.append(.init(key: key, line: event.mark.line, value: value))
            }
            for member in merged where places.updateValue(members.count, forKey: member.key) == nil {
                members.append(member)
            }
            return members
        }

        /// A scalar with a tag such as !!str, or in quotes, is read as it is written.
        private func scalar(_ text: String, isPlain: Bool) -> LocatedValue.Content {
            guard isPlain else { return .string(text) }
            return switch YAMLScalar(plain: text) {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .number(let digits): .number(digits)
            case .text: .string(text)
            }
        }
    }
}
