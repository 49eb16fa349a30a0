import Digests

/// The parts of a configuration's text, each with a mark of what it was when it was made: a part that still fits its mark was not
/// changed by hand.
struct ConfigurationMarks {
    struct Part {
        /// Of a resource; empty for the lines before the resources.
        let name: String
        /// Without the mark.
        var lines: [String]
        /// What the mark says; nil without one.
        var mark: String?

        var isUnchanged: Bool { mark == hash }

        /// Blank lines, and those at the ends of lines, do not count. What the program says of the whole file, before the client,
        /// changes with every part, and has a hash of its own after that of the settings.
        var hash: String {
            guard name.isEmpty else { return ConfigurationMarks.hash(lines) }
            return settings + ConfigurationMarks.hash(lines.filter { $0.hasPrefix("#") })
        }

        fileprivate var settings: String {
            ConfigurationMarks.hash(lines.filter { !name.isEmpty || !$0.hasPrefix("#") })
        }

        /// Whether the program makes other settings now than it made this part of.
        func differs(from now: Part) -> Bool { mark?.hasPrefix(now.settings) != true }
    }

    private static let prefix = "  # made as "
    /// All names that were made at some time: one that is missing was removed by hand.
    private static let known = "# made: "

    var parts: [Part]
    /// Names of resources that were made, from the marks.
    var names: Set<String>
    /// What a person wrote after the resources.
    private var tail: [String] = []

    // MARK: Reading

    init(_ lines: [String]) {
        var head: [String] = []
        var parts: [Part] = []
        var names: Set<String> = []
        var pending: [String] = []
        var isInResources = false
        for line in lines {
            if line.hasPrefix(Self.known) {
                names.formUnion(line.dropFirst(Self.known.utf8.count).split(separator: " ").map(String.init))
                continue
            }
            if !isInResources {
                head.append(line)
                isInResources = line == "resources:"
                continue
            }
            // Another member of the file ends the resources.
            if !tail.isEmpty || line.first.map({ !" #-".contains($0) }) ?? false {
                tail += pending + [line]
                pending = []
                continue
            }
            // Comments and blank lines before an item belong to it.
            let text = line.drop { $0 == " " }
            if line.hasPrefix("  - ") {
                parts.append(Part(name: Self.name(in: line), lines: [], mark: nil))
                for line in pending {
                    if line.hasPrefix(Self.prefix) {
                        parts[parts.count - 1].mark = String(line.dropFirst(Self.prefix.utf8.count))
                    } else {
                        parts[parts.count - 1].lines.append(line)
                    }
                }
                pending = []
                parts[parts.count - 1].lines.append(line)
            } else if text.isEmpty || (text.hasPrefix("#") && !line.hasPrefix("    ")) {
                pending.append(line)
            } else if parts.isEmpty {
                head += pending + [line]
                pending = []
            } else {
                parts[parts.count - 1].lines += pending + [line]
                pending = []
            }
        }
        if let last = parts.indices.last { parts[last].lines += pending } else { head += pending }
        let mark = head.firstIndex { $0.hasPrefix(Self.prefix) }
        let value = mark.map { String(head[$0].dropFirst(Self.prefix.utf8.count)) }
        if let mark { head.remove(at: mark) }
        self.parts = [Part(name: "", lines: head, mark: value)] + parts
        self.names = names
    }

    private static func name(in line: String) -> String {
        guard let colon = line.firstRange(of: "name:")?.upperBound else { return line }
        return line[colon...].filter { $0 != " " && $0 != "\"" && $0 != "'" }
    }

    private static func hash(_ lines: [String]) -> String {
        var hash = XXH64()
        for line in lines {
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            if line[..<end].isEmpty { continue }
            Array((line[..<end] + "\n").utf8).withUnsafeBytes { hash.update($0) }
        }
        return hash.hexDigest()
    }

    // MARK: Writing

    /// The lines of a new text, with marks.
    static func marked(_ lines: [String]) -> [String] {
        var marks = ConfigurationMarks(lines)
        for index in marks.parts.indices { marks.parts[index].mark = marks.parts[index].hash }
        marks.names = Set(marks.parts.map(\.name).filter { !$0.isEmpty })
        return marks.lines
    }

    var lines: [String] {
        var result: [String] = []
        for part in parts {
            var lines = part.lines
            if let mark = part.mark {
                let place =
                    part.name.isEmpty
                    ? lines.firstIndex { $0.hasPrefix("client:") }.map { $0 + 1 } ?? lines.endIndex
                    : lines.firstIndex { $0.hasPrefix("  - ") } ?? 0
                lines.insert(Self.prefix + mark, at: place)
            }
            if part.name.isEmpty {
                let place = lines.firstIndex { $0.hasPrefix("client:") } ?? lines.endIndex
                lines.insert(contentsOf: knownLines, at: place)
            }
            result += lines
        }
        return result + tail
    }

    private var knownLines: [String] {
        var lines: [String] = []
        for name in names.sorted() {
            if let last = lines.last, last.utf8.count + name.utf8.count < 115 {
                lines[lines.count - 1] += " " + name
            } else {
                lines.append(Self.known + name)
            }
        }
        return lines
    }
}

/// A configuration that a person may have changed, brought up to date with what is made now.
struct ConfigurationMerge {
    let text: String
    private(set) var added: [String] = []
    private(set) var replaced: [String] = []
    private(set) var kept: [String] = []
    /// Changed by hand, and made otherwise now.
    private(set) var outdated: [String] = []
    /// No longer made.
    private(set) var gone: [String] = []

    /// What the lines before the resources are called in messages.
    static let client = "client"

    /// Nil if the old text has no marks.
    init?(_ old: String, _ new: String) {
        func lines(_ text: String) -> [String] {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
            return lines
        }
        var current = ConfigurationMarks(lines(old))
        let made = ConfigurationMarks(lines(new))
        guard current.parts.contains(where: { $0.mark != nil }) else { return nil }
        for index in current.parts.indices {
            let part = current.parts[index]
            let shown = part.name.isEmpty ? Self.client : part.name
            guard let now = made.parts.first(where: { $0.name == part.name }) else {
                if part.mark != nil { gone.append(part.name) }
                continue
            }
            if part.isUnchanged {
                if part.differs(from: now) { replaced.append(shown) }
                current.parts[index] = now
            } else {
                kept.append(shown)
                if part.mark != nil, part.differs(from: now) { outdated.append(shown) }
            }
        }
        for part in made.parts where !current.parts.contains(where: { $0.name == part.name }) {
            if current.names.contains(part.name) { continue }
            added.append(part.name)
            current.parts.append(part)
        }
        current.names.formUnion(made.names)
        text = current.lines.joined(separator: "\n") + "\n"
    }
}
