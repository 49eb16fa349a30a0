import Configuration
import Documents

extension ConfigurationValues {
    /// The document with every `${NAME}` replaced. `${NAME:-text}` gives a default for a missing variable; `$${` is
    /// `${`.
    func filled(
        _ value: LocatedValue, at path: DocumentPath, _ problems: inout [ConfigurationProblem]
    ) throws(ConfigurationFailure) -> LocatedValue {
        switch value.content {
        case .string(let text) where text.contains("${"):
            return LocatedValue(.string(try filled(text, value.line, path, &problems)), line: value.line)
        case .array(let items):
            var filled: [LocatedValue] = []
            for (index, item) in items.enumerated() {
                filled.append(try self.filled(item, at: path.item(index), &problems))
            }
            return LocatedValue(.array(filled), line: value.line)
        case .object(let members):
            var filled = members
            for index in filled.indices {
                filled[index].value = try self.filled(filled[index].value, at: path.key(filled[index].key), &problems)
            }
            return LocatedValue(.object(filled), line: value.line)
        default: return value
        }
    }

    private func filled(
        _ text: String, _ line: Int, _ path: DocumentPath, _ problems: inout [ConfigurationProblem]
    ) throws(ConfigurationFailure) -> String {
        var result = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "${") {
            if rest[..<mark.lowerBound].hasSuffix("$") {
                result += rest[..<mark.lowerBound].dropLast() + "${"
                rest = rest[mark.upperBound...]
                continue
            }
            result += rest[..<mark.lowerBound]
            rest = rest[mark.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                problems.append(
                    ConfigurationProblem(
                        path.text, line: line, "`${` lacks its `}`", hint: "write $${ for the characters themselves"))
                return text
            }
            var name = rest[..<end]
            rest = rest[rest.index(after: end)...]
            var usual: Substring?
            if let separator = name.firstRange(of: ":-") {
                usual = name[separator.upperBound...]
                name = name[..<separator.lowerBound]
            }
            if let value = try value(of: String(name)) ?? usual.map(String.init) {
                result += value
            } else {
                problems.append(
                    ConfigurationProblem(
                        path.text, line: line, "there is no value for ${\(name)}",
                        hint: "set it in \(places)"))
            }
        }
        return result + rest
    }
}
