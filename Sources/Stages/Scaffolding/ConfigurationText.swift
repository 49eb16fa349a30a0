import JSONText
import OpenAPI

/// Writes a scaffold as a configuration in YAML, with the reason of each decision.
struct ConfigurationText {
    private let scaffold: Scaffold
    private let source: String
    private let file: String?
    private var lines: [String] = []

    static func text(of scaffold: Scaffold, source: String, file: String?) -> String {
        var text = ConfigurationText(scaffold: scaffold, source: source, file: file)
        text.head()
        text.client()
        text.resources()
        return ConfigurationMarks.marked(text.lines).joined(separator: "\n") + "\n"
    }

    private init(scaffold: Scaffold, source: String, file: String?) {
        self.scaffold = scaffold
        self.source = source
        self.file = file
    }

    private mutating func add(_ indent: Int, _ text: String) {
        lines.append(String(repeating: " ", count: indent) + text)
    }

    /// A member. YAML reads a key of more than 1024 characters only after a question mark.
    private mutating func add(_ indent: Int, key: String, _ value: String) {
        guard key.unicodeScalars.count > 1000 else { return add(indent, "\(key): \(value)") }
        add(indent, "? \(key)")
        add(indent, ": \(value)")
    }

    /// A comment in lines of a width that fits editors. Reasons may quote names of the description: no line of theirs ends it.
    private mutating func comment(_ indent: Int, _ text: String, hanging: Int = 0) {
        let width = 116 - indent
        var line = ""
        var isFirst = true
        func full(_ line: String) -> String { "# " + (isFirst ? "" : String(repeating: " ", count: hanging)) + line }
        for word in Comments.line(text, length: .max).split(separator: " ") {
            if !line.isEmpty, line.utf8.count + word.utf8.count + 3 > width {
                add(indent, full(line))
                isFirst = false
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { add(indent, full(line)) }
    }

    // MARK: Head

    private mutating func head() {
        let title = Comments.line(scaffold.description.title, length: 80)
        let version = Comments.line(scaffold.description.version, length: 20)
        comment(
            0,
            "\(title.isEmpty ? "An API" : title)\(version.isEmpty ? "" : " \(version)"): configuration for dlt-extract rest"
        )
        comment(0, "Made by dlt-init rest from \(Comments.line(source, length: 200)). It is yours to change.")
        add(0, "#")
        let check =
            file.map { "dlt-extract rest \(Comments.line($0, length: 200)) --check" } ?? "dlt-extract rest FILE --check"
        let inputs = scaffold.inputs.all
        if inputs.contains(where: { !$0.isOptional }) {
            comment(0, "Inputs. Set these in the environment or in .dlt/secrets.toml, then run: \(check)")
        } else {
            comment(0, "It needs no input. Next: \(check)")
        }
        for input in inputs {
            comment(0, "  \(input.name): \(input.purpose)\(input.isOptional ? " (has a default)" : "")", hanging: 6)
        }
        let doubtful = scaffold.written.map { scaffold.endpoints[$0] }.filter { !$0.doubts.isEmpty }
        if !scaffold.doubts.isEmpty || !doubtful.isEmpty {
            add(0, "#")
            comment(0, "Doubts. Look at these first:")
            for doubt in scaffold.doubts { comment(0, "  \(doubt)", hanging: 4) }
            for endpoint in doubtful.prefix(200) {
                comment(0, "  \(endpoint.name): \(endpoint.doubts.joined(separator: "; "))", hanging: 4)
            }
        }
        let broken = scaffold.endpoints.filter { $0.kind == .broken }
        if !broken.isEmpty {
            add(0, "#")
            comment(0, "Left out, since the description is broken there:")
            for endpoint in broken.prefix(50) {
                let problem = endpoint.operation.problems.first
                comment(
                    0,
                    "  line \(problem?.line ?? endpoint.operation.line), \(Comments.line(endpoint.operation.path)): "
                        + Comments.line(problem?.reason ?? ""), hanging: 4)
            }
        }
        lines.append("")
    }

    // MARK: Client

    private mutating func client() {
        add(0, "client:")
        let servers = scaffold.options.baseURL == nil ? scaffold.description.root["servers"]?.items ?? [] : []
        if servers.count > 1 {
            for (index, server) in servers.prefix(8).enumerated() {
                comment(2, "server \(index + 1): \(Comments.line(server["url"]?.text ?? "", length: 100))")
            }
        }
        add(2, "base_url: \(scaffold.base.text)")
        let credentials = scaffold.credentials
        if !credentials.headers.isEmpty {
            add(2, "headers:")
            for header in credentials.headers { add(4, key: YAMLText.template(header.name), header.text) }
        }
        authentication(2, credentials)
        if !credentials.parameters.isEmpty {
            add(0, "resource_defaults:")
            add(2, "endpoint:")
            add(4, "params:")
            for parameter in credentials.parameters {
                add(6, key: YAMLText.template(parameter.name), parameter.text)
            }
        }
    }

    private mutating func authentication(_ indent: Int, _ credentials: CredentialDraft) {
        guard let type = credentials.type else { return }
        comment(indent, credentials.reason)
        if let advice = credentials.advice { comment(indent, advice) }
        add(indent, "auth:")
        add(indent + 2, "type: \(type)")
        for key in credentials.keys { add(indent + 2, "\(key.name): \(key.text)") }
    }

    // MARK: Resources

    private mutating func resources() {
        guard !scaffold.written.isEmpty else { return add(0, "resources: []") }
        add(0, "resources:")
        for index in scaffold.written {
            lines.append("")
            resource(scaffold.endpoints[index], index)
        }
    }

    private mutating func resource(_ endpoint: Endpoint, _ index: Int) {
        let summary = Comments.line(endpoint.operation.summary, length: 90)
        comment(2, "GET \(Comments.line(endpoint.operation.path))\(summary.isEmpty ? "" : ": \(summary)")")
        if endpoint.operation.isDeprecated { comment(2, "The API calls it deprecated.") }
        add(2, "- name: \(YAMLText.quoted(endpoint.name))")
        if scaffold.unselected.contains(index) {
            comment(4, "fetched for its children, not loaded")
            add(4, "selected: false")
        }
        if let parent = endpoint.parent { comment(4, parent.reason) }
        if !endpoint.includesFromParent.isEmpty, endpoint.parent != nil {
            add(
                4,
                "include_from_parent: [\(endpoint.includesFromParent.map { YAMLText.literal($0) }.joined(separator: ", "))]"
            )
        }
        key(endpoint)
        columns(endpoint)
        add(4, "endpoint:")
        add(6, "path: \(path(of: endpoint))")
        parameters(endpoint)
        if let own = scaffold.ownCredentials[index] { authentication(6, own) }
        records(endpoint)
        paginator(endpoint)
        cursor(endpoint)
    }

    private mutating func key(_ endpoint: Endpoint) {
        guard let key = endpoint.key else {
            comment(4, "no primary key, so that records are appended: \(endpoint.whyNoKey ?? "none is sure")")
            return
        }
        comment(4, "key: \(Comments.line(key.reason, length: 200)) (\(key.confidence.rawValue))")
        let names = key.value.map { YAMLText.literal($0) }
        add(4, "primary_key: \(names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]")")
        add(4, "write_disposition: merge")
    }

    private mutating func columns(_ endpoint: Endpoint) {
        guard !endpoint.columns.isEmpty else { return }
        add(4, "columns:")
        for column in endpoint.columns { add(6, key: YAMLText.literal(column.name), "{data_type: \(column.type)}") }
    }

    private func path(of endpoint: Endpoint) -> String {
        var result = ""
        var rest = endpoint.operation.path.drop { $0 == "/" }
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += text(String(rest[..<open]))
            // Before a brace a dollar sign would begin a variable, or end ours.
            if result.hasSuffix("$") { result = result.dropLast() + "%24" }
            let name = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            switch endpoint.pathValues[name] {
            case .input(let input): result += Inputs.reference(input)
            case .text(let value): result += text(value)
            case .field(let field): result += "{\(field.replacingBytes(of: "${", with: "$${"))}"
            case nil: result += text("{\(name)}")
            }
        }
        let whole = result + text(String(rest))
        // An endpoint on another server has its whole URL.
        let url = endpoint.operation.value["servers"]?.firstItem?["url"]?.text ?? ""
        if scaffold.options.baseURL == nil, url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("{") {
            return YAMLText.quoted(text(url.hasSuffix("/") ? String(url.dropLast()) : url) + "/" + whole)
        }
        return YAMLText.quoted(whole)
    }

    /// Text in which neither variables nor placeholders are meant.
    private func text(_ text: String) -> String {
        YAMLText.withoutPlaceholders(text).replacingBytes(of: "${", with: "$${")
    }

    private mutating func parameters(_ endpoint: Endpoint) {
        for (name, drafts) in [("headers", endpoint.headers), ("params", endpoint.parameters)] where !drafts.isEmpty {
            add(6, "\(name):")
            for draft in drafts {
                let value =
                    switch draft.value {
                    case .number(let number): String(number)
                    case .flag(let flag): String(flag)
                    case .text(let text): YAMLText.template(text)
                    case .input(let input): YAMLText.quoted(Inputs.reference(input))
                    case .cursor: "\"{incremental.start_value}\""
                    }
                comment(8, draft.reason)
                add(8, key: YAMLText.template(draft.name), value)
            }
        }
    }

    private mutating func records(_ endpoint: Endpoint) {
        guard let records = endpoint.records else { return }
        comment(6, "records: \(Comments.line(records.reason, length: 300)) (\(records.confidence.rawValue))")
        if records.value.isUnknown { return }
        let keys = records.value.keys
        add(6, "data_selector: \(YAMLText.literal(keys.isEmpty ? "$" : JSONPath.text(of: keys)))")
    }

    private mutating func paginator(_ endpoint: Endpoint) {
        guard let paginator = endpoint.paginator else { return }
        comment(6, "pages: \(Comments.line(paginator.reason, length: 300)) (\(paginator.confidence.rawValue))")
        if paginator.value.keys.isEmpty { return add(6, "paginator: \(paginator.value.type)") }
        add(6, "paginator:")
        add(8, "type: \(paginator.value.type)")
        for (name, value) in paginator.value.keys { add(8, "\(name): \(YAMLText.value(value))") }
    }

    private mutating func cursor(_ endpoint: Endpoint) {
        guard let cursor = endpoint.cursor else { return }
        comment(6, "incremental: \(cursor.reason)")
        let mark = cursor.isDoubtful ? "# " : ""
        if cursor.isDoubtful {
            comment(6, "params: {\(YAMLText.template(cursor.parameter)): \"{incremental.start_value}\"}")
        }
        add(6, mark + "incremental:")
        add(6, mark + "  cursor_path: \(YAMLText.literal(JSONPath.text(of: [cursor.field])))")
        add(6, mark + "  initial_value: \"1970-01-01T00:00:00Z\"")
        add(6, mark + "  on_cursor_value_missing: include")
    }
}
