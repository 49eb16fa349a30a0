import Documents
import JSONText

/// The configuration as a dictionary of Python, for pipelines of the library dlt.
enum PythonText {
    static func text(ofYAML text: String, name: String) throws(DocumentError) -> String {
        let document = try YAMLDocument.read(Array(text.utf8))
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("#") else { break }
            result += line + "\n"
        }
        return result + """

            import os

            import dlt
            from dlt.sources.rest_api import RESTAPIConfig, rest_api_source

            config: RESTAPIConfig = \(value(document, indent: 0))


            def load() -> None:
                pipeline = dlt.pipeline(\(literal(name)), destination="duckdb", dataset_name=\(literal(name)))
                print(pipeline.run(rest_api_source(config)))


            if __name__ == "__main__":
                load()

            """
    }

    private static func value(_ value: LocatedValue, indent: Int) -> String {
        let inner = String(repeating: " ", count: indent + 4)
        let end = String(repeating: " ", count: indent)
        switch value.content {
        case .null: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .number(let digits): return digits
        case .string(let text): return expression(text)
        case .array(let items):
            if items.isEmpty { return "[]" }
            return "[\n" + items.map { "\(inner)\(self.value($0, indent: indent + 4)),\n" }.joined() + "\(end)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            return "{\n"
                + members.map { "\(inner)\(expression($0.key)): \(self.value($0.value, indent: indent + 4)),\n" }
                .joined()
                + "\(end)}"
        }
    }

    /// A text whose variables come from the environment.
    private static func expression(_ text: String) -> String {
        var parts: [String] = []
        var plain = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "${") {
            if rest[..<mark.lowerBound].hasSuffix("$") {
                plain += rest[..<mark.lowerBound].dropLast() + "${"
                rest = rest[mark.upperBound...]
                continue
            }
            guard let end = rest[mark.upperBound...].firstIndex(of: "}") else { break }
            plain += rest[..<mark.lowerBound]
            let name = String(rest[mark.upperBound..<end])
            rest = rest[rest.index(after: end)...]
            if !plain.isEmpty { parts.append(literal(plain)) }
            plain = ""
            if let usual = name.firstRange(of: ":-") {
                parts.append(
                    "os.environ.get(\(literal(String(name[..<usual.lowerBound]))), \(literal(String(name[usual.upperBound...]))))"
                )
            } else {
                parts.append("os.environ[\(literal(name))]")
            }
        }
        plain += rest
        if !plain.isEmpty || parts.isEmpty { parts.append(literal(plain)) }
        return parts.joined(separator: " + ")
    }

    /// A literal of ASCII alone, in which nothing can end it.
    static func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\t": literal += "\\t"
            default:
                if (0x20..<0x7F).contains(scalar.value) {
                    literal.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    let isLong = scalar.value > 0xFFFF
                    literal +=
                        (isLong ? "\\U" : "\\u") + String(repeating: "0", count: (isLong ? 8 : 4) - digits.count)
                        + digits
                }
            }
        }
        return literal + "\""
    }
}
