/// A piece of a page that can be run, and what it prints to standard output where the page shows that.
struct Example {
    /// The line on which it begins, for messages.
    var line: Int
    var script = ""
    var output: String?
    /// The status that it ends with.
    var status: Int32 = 0

    /// The blocks of a Markdown page marked `sh run`, each with a block `text output` that follows it.
    ///
    /// Blocks marked `nightly` are those of `scripts/python-pages`; an output that follows one is its own.
    static func markdown(_ text: String) -> [Example] {
        var examples: [Example] = []
        var fence: Substring?
        var isOurs = false
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                fence = fence == nil ? line.dropFirst(3) : nil
                if fence == "sh run" { examples.append(Example(line: number + 1)) }
                if let fence, fence != "text output" { isOurs = fence == "sh run" }
                if fence == "text output", isOurs { examples[examples.count - 1].output = "" }
            } else if fence == "sh run" {
                examples[examples.count - 1].script += line + "\n"
            } else if fence == "text output", isOurs {
                examples[examples.count - 1].output?.append(line + "\n")
            }
        }
        return examples
    }

    /// The blocks of a manual page after a comment `.\" run`, or `.\" run 3` for one that ends with status 3.
    static func manual(_ text: String) -> [Example] {
        var examples: [Example] = []
        var expected: Int32?
        var isInside = false
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix(#".\" run"#) {
                expected = line.split(separator: " ").dropFirst(2).first.flatMap { Int32($0) } ?? 0
            } else if line == ".EX" {
                guard let status = expected else { continue }
                examples.append(Example(line: number + 1, status: status))
                isInside = true
            } else if line == ".EE" {
                expected = nil
                isInside = false
            } else if isInside {
                examples[examples.count - 1].script += unescaped(line) + "\n"
            }
        }
        return examples
    }

    /// The blocks of a manual page after a comment `.\" from FILE`: lines of that file.
    static func quotations(_ text: String) -> [(path: String, block: String)] {
        var quotations: [(path: String, block: String)] = []
        var path: Substring?
        for line in text.split(separator: "\n") {
            if line.hasPrefix(#".\" from "#) {
                path = line.split(separator: " ").last
            } else if line == ".EX", let path {
                quotations.append((String(path), ""))
            } else if line == ".EE" {
                path = nil
            } else if path != nil {
                quotations[quotations.count - 1].block += unescaped(line) + "\n"
            }
        }
        return quotations
    }

    /// The blocks of dlt-rest(5) after a comment `.\" rest PART`, each made a whole configuration.
    static func configurations(_ text: String) -> [Example] {
        let client = "client: {base_url: https://api.example.com}\n"
        let resource = client + "resources:\n  - issues\n  - name: comments\n"
        let endpoint = resource + "    endpoint:\n      path: comments\n"
        // What stands before a part, how far it is indented, and what follows it.
        let frames: [Substring: (before: String, indent: Int, after: String)] = [
            "whole": ("", 0, ""),
            "client": ("client:\n  base_url: https://api.example.com\n", 2, "resources: [issues]\n"),
            "without-resources": ("", 0, "resources: [issues]\n"), "without-client": (client, 0, ""),
            "resource": (resource, 4, ""), "endpoint": (endpoint, 6, ""),
            "paginator": (endpoint + "      paginator:\n        type: json_link\n", 8, ""),
        ]
        var examples: [Example] = []
        var frame: (before: String, indent: Int, after: String)?
        var isInside = false
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix(#".\" rest "#) {
                frame = line.split(separator: " ").last.flatMap { frames[$0] }
            } else if line == ".EX", let frame {
                examples.append(Example(line: number + 1, script: frame.before))
                isInside = true
            } else if line == ".EE", isInside {
                examples[examples.count - 1].script += frame?.after ?? ""
                frame = nil
                isInside = false
            } else if isInside, let frame {
                examples[examples.count - 1].script +=
                    String(repeating: " ", count: frame.indent) + unescaped(line) + "\n"
            }
        }
        return examples
    }

    private static func unescaped(_ line: Substring) -> String {
        var result = ""
        var isEscape = false
        for character in line {
            if isEscape {
                result.append(character == "e" ? "\\" : character)
                isEscape = false
            } else if character == "\\" {
                isEscape = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
