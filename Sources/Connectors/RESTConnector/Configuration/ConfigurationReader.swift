import Configuration
import Cursors
import Digests
import Documents
import JSONText
import ProgramSupport
import SystemIO

/// Reads a configuration file: parses it, fills in variables, checks every key, merges defaults and checks references.
struct ConfigurationReader {
    let path: String
    let variables: ConfigurationValues
    /// Whether the command line sets where cursors begin and end.
    let hasWindow: Bool
    var problems: [ConfigurationProblem] = []

    init(_ path: String, _ variables: ConfigurationValues, hasWindow: Bool) {
        self.path = path
        self.variables = variables
        self.hasWindow = hasWindow
    }

    /// All errors of a file, at once.
    struct Invalid: Error, ProgramErrorConvertible {
        let path: String
        let problems: [ConfigurationProblem]

        var programError: ProgramError {
            var lines = problems.map { problem in
                "\(path):\(problem.line): " + (problem.path.isEmpty ? "" : "\(problem.path): ") + problem.reason
                    + (problem.hint.map { " (\($0))" } ?? "")
            }
            if lines.count > 20 { lines = lines.prefix(20) + ["and \(lines.count - 20) more"] }
            let count = problems.count == 1 ? "" : "\(problems.count) mistakes\n"
            return ProgramError(
                .configuration, "unable to use the configuration: \(count)\(lines.joined(separator: "\n"))",
                hint: "man 5 dlt-rest describes every key; --check checks a file without sending a request")
        }
    }

    static func read(
        _ path: String, _ variables: ConfigurationValues, hasWindow: Bool = false
    ) throws -> RESTConfiguration {
        var reader = ConfigurationReader(path, variables, hasWindow: hasWindow)
        return try reader.read()
    }

    private mutating func read() throws -> RESTConfiguration {
        let raw = try document()
        let filled = try variables.filled(raw, at: .root, &problems)
        var found = problems
        problems = []
        ConfigurationShapes.document.check(filled, at: .root, &problems, also: [])
        // An error that follows from a known one is not reported.
        found += problems.filter { problem in !found.contains { $0.covers(problem) } }
        problems = []
        let configuration = try configuration(filled, raw)
        found += problems.filter { problem in !found.contains { $0.covers(problem) } }
        // One that is alone is reported when the credentials are made, with all the places that were searched.
        let missing = Authentications.missing(in: configuration, variables)
        if missing.count > 1 || !found.isEmpty {
            found += missing.filter { problem in !found.contains { $0.covers(problem) } }
        }
        problems = found
        try throwProblems()
        return configuration
    }

    private func throwProblems() throws {
        if !problems.isEmpty { throw Invalid(path: path, problems: problems.sorted { $0.line < $1.line }) }
    }

    private func document() throws -> LocatedValue {
        let bytes = path == "-" ? try Files.readAll(Descriptor.standardInput) : try Files.readAll(path)
        do throws(DocumentError) {
            return try DocumentFormat(fileExtension: Paths.fileExtension(path)).read(bytes)
        } catch {
            let status = ExitStatus(error.kind)
            throw ProgramError(
                status == .data ? .configuration : status,
                "unable to read \(path)\(error.line.map { ":\($0)" } ?? "")\(error.column.map { ":\($0)" } ?? ""): "
                    + error.reason,
                hint: error.hint ?? "a configuration is YAML (.yaml), JSON (.json) or TOML (.toml)")
        }
    }

    mutating func report(_ path: DocumentPath, _ value: LocatedValue, _ reason: String, hint: String? = nil) {
        problems.append(ConfigurationProblem(path.text, line: value.line, reason, hint: hint))
    }

    // MARK: The parts

    private mutating func configuration(_ document: LocatedValue, _ raw: LocatedValue) throws -> RESTConfiguration {
        let client = client(document["client"], DocumentPath.root.key("client"))
        var resources: [ResourceConfiguration] = []
        let defaults = document["resource_defaults"].flatMap { $0.isNull ? nil : normalized($0) }
        let rawDefaults = raw["resource_defaults"].flatMap { $0.isNull ? nil : normalized($0) }
        let list = DocumentPath.root.key("resources")
        let rawItems = raw["resources"]?.items ?? []
        let items = document["resources"]?.items ?? []
        if items.isEmpty { report(list, document["resources"] ?? document, "there is no resource") }
        for (index, item) in items.enumerated() {
            let path = list.item(index)
            var resource = self.resource(merged(item, with: defaults), path, document)
            resource.fingerprint = fingerprint(
                merged(index < rawItems.count ? rawItems[index] : item, with: rawDefaults), client: raw["client"])
            if resources.contains(where: { $0.name == resource.name }) {
                report(path, item, "the name \(resource.name) is taken by another resource")
            }
            checkBody(of: resource, paginator: resource.endpoint.paginator ?? client.paginator, path, item)
            resources.append(resource)
        }
        resources = ordered(resources, list, items)
        let file = Paths.lastComponent(Paths.withoutExtension(path))
        return RESTConfiguration(
            name: document["name"]?.string ?? (path == "-" ? "rest" : file), isNamed: document["name"]?.string != nil,
            client: client, resources: resources)
    }

    private func fingerprint(_ resource: LocatedValue, client: LocatedValue?) -> String {
        let parts: [JSONValue] = [
            resource["name"]?.json ?? .null, resource["endpoint"]?.json ?? .null,
            client?["base_url"]?.json ?? .null, client?["paginator"]?.json ?? .null,
        ]
        return String(
            Base64.encode(SHA3.digest256(JSONValue.array(parts).serialized(.sorted)), padding: false).prefix(16))
    }

    private mutating func client(_ value: LocatedValue?, _ path: DocumentPath) -> ClientConfiguration {
        let baseURL = value?["base_url"]?.string ?? ""
        if !baseURL.hasPrefix("http://") && !baseURL.hasPrefix("https://"), let value,
            value["base_url"] != nil
        {
            report(
                path.key("base_url"), value["base_url"] ?? value, "`\(baseURL)` is not a URL",
                hint: "it begins with https:// or http://")
        }
        return ClientConfiguration(
            baseURL: baseURL, headers: headers(value?["headers"], path.key("headers")),
            authentication: authentication(value?["auth"]),
            paginator: paginator(value?["paginator"], path.key("paginator")), session: value?["session"])
    }

    private func authentication(_ value: LocatedValue?) -> AuthenticationConfiguration? {
        guard let value, !value.isNull else { return nil }
        if let type = value.string {
            return AuthenticationConfiguration(type: type, fields: LocatedValue(.object([]), line: value.line))
        }
        return AuthenticationConfiguration(type: value["type"]?.string ?? "bearer", fields: value)
    }

    private mutating func paginator(_ value: LocatedValue?, _ path: DocumentPath) -> PaginatorRules? {
        guard let value, !value.isNull else { return nil }
        do { return try PaginatorRules(value) } catch {
            report(path, error.value ?? value, error.reason, hint: error.hint)
            return nil
        }
    }

    private mutating func headers(
        _ value: LocatedValue?, _ path: DocumentPath
    ) -> [(name: String, value: Template)] {
        var headers: [(name: String, value: Template)] = []
        for member in value?.members ?? [] where !member.value.isNull {
            guard let template = template(member.value, path.key(member.key)) else { continue }
            headers.append((member.key, template))
        }
        return headers
    }

    private mutating func template(_ value: LocatedValue, _ path: DocumentPath) -> Template? {
        let text: String
        if let string = value.string { text = string } else { text = value.json.plainText }
        do { return try Template(text) } catch {
            report(path, value, error.reason, hint: error.hint)
            return nil
        }
    }

    private mutating func body(_ value: LocatedValue, _ path: DocumentPath) -> BodyTemplate {
        switch value.content {
        case .string: return template(value, path).map { .text($0) } ?? .constant(.null)
        case .array(let items):
            return .array(items.enumerated().map { body($1, path.item($0)) })
        case .object(let members):
            return .object(
                members.compactMap { member in
                    guard let key = template(LocatedValue(.string(member.key), line: member.line), path) else {
                        return nil
                    }
                    return (key, body(member.value, path.key(member.key)))
                })
        default: return .constant(value.json)
        }
    }

    // MARK: Defaults

    /// Expands short forms: a string is a name, and an endpoint that is a string is a path.
    private func normalized(_ value: LocatedValue) -> LocatedValue {
        guard let members = value.members else {
            let name = LocatedValue.Member(key: "name", line: value.line, value: value)
            return LocatedValue(.object([name]), line: value.line)
        }
        return LocatedValue(
            .object(
                members.map { member in
                    guard member.key == "endpoint", member.value.string != nil else { return member }
                    let path = LocatedValue.Member(key: "path", line: member.line, value: member.value)
                    return .init(
                        key: member.key, line: member.line, value: LocatedValue(.object([path]), line: member.line))
                }), line: value.line)
    }

    private func merged(_ resource: LocatedValue, with defaults: LocatedValue?) -> LocatedValue {
        let resource = normalized(resource)
        guard let defaults else { return resource }
        return Self.merge(resource, over: defaults) { key, own, usual in
            switch key {
            case "endpoint":
                Self.merge(own, over: usual) { key, own, usual in
                    key == "params" || key == "json" ? Self.merge(own, over: usual) { _, own, _ in own } : own
                }
            case "columns" where own.members != nil && usual.members != nil:
                Self.merge(own, over: usual) { _, own, _ in own }
            default: own
            }
        }
    }

    /// The members of both; where both have one, `choose` decides.
    private static func merge(
        _ own: LocatedValue, over usual: LocatedValue,
        _ choose: (String, LocatedValue, LocatedValue) -> LocatedValue
    ) -> LocatedValue {
        guard let members = own.members, let usualMembers = usual.members else { return own }
        var all = usualMembers.filter { $0.key != "name" || own["name"] == nil }
        for member in members {
            if let place = all.firstIndex(where: { $0.key == member.key }) {
                all[place] = .init(
                    key: member.key, line: member.line, value: choose(member.key, member.value, all[place].value))
            } else {
                all.append(member)
            }
        }
        return LocatedValue(.object(all), line: own.line)
    }

    // MARK: Resources

    private mutating func resource(
        _ value: LocatedValue, _ path: DocumentPath, _ document: LocatedValue
    ) -> ResourceConfiguration {
        let name = value["name"]?.string ?? ""
        if name.isEmpty, value["name"] != nil { report(path.key("name"), value, "a resource needs a name") }
        let endpointValue =
            value["endpoint"].flatMap { $0.isNull ? nil : $0 } ?? LocatedValue(.object([]), line: value.line)
        let endpointPath = path.key("endpoint")
        var incremental: IncrementalConfiguration?
        for (source, place) in [
            (value["incremental"], path.key("incremental")),
            (endpointValue["incremental"], endpointPath.key("incremental")),
        ] {
            if let source, !source.isNull { incremental = incrementalConfiguration(source, place, isParameter: false) }
        }
        var endpoint = endpoint(endpointValue, endpointPath, name: name, &incremental)
        if let given = value["nested_hints"], !given.isNull {
            report(
                path.key("nested_hints"), given, "hints of nested tables are not supported here",
                hint: "leave them out, and give them in a schema: dlt-schema import, or dlt-normalize --schema")
        }
        let parent = bind(&endpoint, endpointValue, endpointPath, incremental)
        checkColumns(value["columns"], path.key("columns"))
        let include = strings(value["include_from_parent"]) ?? []
        if parent == nil && !include.isEmpty {
            report(
                path.key("include_from_parent"), value["include_from_parent"] ?? value,
                "\(name) has no parent to include fields from",
                hint: "name one with {resources.<parent>.<field>} in the path or a parameter")
        }
        var steps: [ProcessingStep] = []
        for (index, step) in (value["processing_steps"]?.items ?? []).enumerated() {
            do { steps.append(try ProcessingStep(step)) } catch {
                report(path.key("processing_steps").item(index), error.value ?? step, error.reason, hint: error.hint)
            }
        }
        return ResourceConfiguration(
            name: name, line: value.line, endpoint: endpoint, hints: hints(value, document, path),
            primaryKey: strings(value["primary_key"]), parent: parent, includeFromParent: include, steps: steps,
            isSelected: value["selected"]?.bool ?? true, incremental: incremental, fingerprint: "")
    }

    func strings(_ value: LocatedValue?) -> [String]? {
        if let text = value?.string { return [text] }
        return value?.items?.compactMap(\.string)
    }

    private mutating func endpoint(
        _ value: LocatedValue, _ path: DocumentPath, name: String, _ incremental: inout IncrementalConfiguration?
    ) -> EndpointConfiguration {
        let pathText = value["path"]?.string ?? name
        let template = template(value["path"] ?? LocatedValue(.string(name), line: value.line), path.key("path"))
        if value["json"].map({ !$0.isNull }) == true, value["data"].map({ !$0.isNull }) == true {
            report(path, value, "`json` and `data` are both given", hint: "a request has one body")
        }
        var selector: JSONPath?
        if let text = value["data_selector"], let words = text.string {
            do { selector = try JSONPath(words) } catch { report(path.key("data_selector"), text, error.reason) }
        }
        var paginator = paginator(value["paginator"], path.key("paginator"))
        // A path that ends in a value, such as issues/{id}, returns one object.
        if let last = pathText.split(separator: "/").last, last.contains("{"), last.contains("}") {
            selector = selector ?? (try? JSONPath("$"))
            paginator = paginator ?? .singlePage
        }
        var endpoint = EndpointConfiguration(
            path: template ?? (try? Template("")) ?? Template.empty,
            method: (value["method"]?.string ?? "GET").uppercased(),
            parameters: [], json: nil, form: nil, text: nil, headers: headers(value["headers"], path.key("headers")),
            paginator: paginator, selector: selector,
            selectionIsRequired: value["data_selector_required"]?.bool ?? true, actions: [],
            authentication: authentication(value["auth"]))
        if let json = value["json"], !json.isNull { endpoint.json = body(json, path.key("json")) }
        if let data = value["data"], !data.isNull {
            if data.string != nil {
                endpoint.text = self.template(data, path.key("data"))
            } else {
                endpoint.form = body(data, path.key("data"))
            }
        }
        for action in value["response_actions"]?.items ?? [] {
            endpoint.actions.append(
                ResponseAction(
                    status: action["status_code"]?.int, content: action["content"]?.string,
                    effect: action["action"]?.string.flatMap(ResponseAction.Effect.init(rawValue:)) ?? .ignore))
        }
        endpoint.parameters = parameters(value["params"], path.key("params"), &incremental)
        return endpoint
    }

    private mutating func parameters(
        _ value: LocatedValue?, _ path: DocumentPath, _ incremental: inout IncrementalConfiguration?
    ) -> [(name: Template, value: ParameterValue)] {
        var parameters: [(name: Template, value: ParameterValue)] = []
        for member in value?.members ?? [] where !member.value.isNull {
            let place = path.key(member.key)
            guard let name = template(LocatedValue(.string(member.key), line: member.line), place) else { continue }
            switch member.value.content {
            case .array(let items):
                var all: [Template] = []
                for (index, item) in items.enumerated() {
                    if let made = template(item, place.item(index)) { all.append(made) }
                }
                parameters.append((name, .list(all)))
            case .object where member.value["type"]?.string == "resolve":
                let field = member.value["field"]?.string ?? ""
                do { _ = try JSONPath(field) } catch { report(place.key("field"), member.value, error.reason) }
                parameters.append(
                    (name, .resolve(resource: member.value["resource"]?.string ?? "", path: field)))
            case .object:
                if incremental != nil {
                    report(place, member.value, "the endpoint has another incremental cursor already")
                }
                incremental = incrementalConfiguration(member.value, place, isParameter: true)
                parameters.append((name, .incremental))
            default:
                if let made = template(member.value, place) { parameters.append((name, .template(made))) }
            }
        }
        return parameters
    }
}

extension Template {
    static let empty = Template(parts: [])

    init(parts: [Part]) { self.parts = parts }
}

/// A value of the configuration that cannot be right.
struct Misconfigured: Error {
    let value: LocatedValue?
    let reason: String
    let hint: String?

    init(_ reason: String, at value: LocatedValue? = nil, hint: String? = nil) {
        self.value = value
        self.reason = reason
        self.hint = hint
    }
}
