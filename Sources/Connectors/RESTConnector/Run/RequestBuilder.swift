import Encodings
import JSONText

/// The values that one record of the parent provides for the requests made from it.
struct Bindings: Equatable {
    /// Values by their path in the parent's record.
    var values: JSONObject = [:]
    /// Fields to add to each record, under their new names.
    var included: JSONObject = [:]
    /// The fields of the parent's record, for a message about a missing one.
    var fields: String?

    /// The included fields, written as members of an object.
    var members: [UInt8] {
        included.isEmpty ? [] : Array(JSONValue.object(included).serializedBytes().dropFirst().dropLast())
    }
}

/// The values of a cursor, as a request may use them.
struct IncrementalValues {
    var start: JSONValue?
    var initial: JSONValue?
    var last: JSONValue?
    var end: JSONValue?

    subscript(which: Template.IncrementalValue) -> JSONValue? {
        switch which {
        case .start: start
        case .initial: initial
        case .last: last
        case .end: end
        }
    }
}

/// Makes the requests of a resource from its description and from values that are known only during the run.
struct RequestBuilder {
    let client: ClientConfiguration
    let resource: ResourceConfiguration
    var incremental: IncrementalValues

    struct Unbound: Error {
        let reason: String
        let hint: String
        /// Whether the parent's record lacks the value; otherwise the configuration does.
        var isOfRecord = false
    }

    private var endpoint: EndpointConfiguration { resource.endpoint }

    func draft(_ bindings: Bindings) throws(Unbound) -> RequestDraft {
        let path = try self.path(bindings)
        var draft = RequestDraft(method: endpoint.method, url: Self.join(client.baseURL, path), home: home)
        for (name, value) in endpoint.parameters {
            let name = try text(name, bindings)
            switch value {
            case .template(let template): draft.add(name, try text(template, bindings))
            case .list(let all): for template in all { draft.add(name, try text(template, bindings)) }
            case .incremental: if let start = incremental.start { draft.add(name, start.plainText) }
            case .resolve: continue
            }
        }
        if let name = resource.incremental?.startParameter, let start = incremental.start {
            draft.set(.parameter(name), start)
        }
        if let name = resource.incremental?.endParameter, let end = incremental.end { draft.set(.parameter(name), end) }
        var headers: [(name: String, value: String)] = []
        for (name, template) in client.headers + endpoint.headers {
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            headers.append((name, try text(template, bindings)))
        }
        draft.headers = headers
        if let json = endpoint.json { draft.json = try value(json, bindings) }
        if let form = endpoint.form {
            var items: [(name: String, value: String)] = []
            for (key, value) in try value(form, bindings).objectValue?.members ?? [] where !value.isNull {
                if let several = value.arrayValue {
                    items += several.map { (key, $0.plainText) }
                } else {
                    items.append((key, value.plainText))
                }
            }
            draft.form = items
        }
        if let template = endpoint.text { draft.text = try text(template, bindings) }
        return draft
    }

    /// The API's host; or the host of a path that is a URL, if the configuration contains it and not a response.
    private var home: String {
        if case .text(let text)? = endpoint.path.parts.first, Self.isURL(text) { return text }
        return client.baseURL
    }

    // MARK: Texts

    private func path(_ bindings: Bindings) throws(Unbound) -> String {
        var path = ""
        for part in endpoint.path.parts {
            switch part {
            case .text(let text): path += text
            case .value(let expression, let keepsSlashes):
                let value = try value(expression, bindings).plainText
                // A record may contain the whole URL of its details.
                path += path.isEmpty && Self.isURL(value) ? value : Self.encodedPath(value, keepsSlashes: keepsSlashes)
            }
        }
        return path
    }

    static func encodedPath(_ value: String, keepsSlashes: Bool) -> String {
        if keepsSlashes {
            return value.split(separator: "/", omittingEmptySubsequences: false)
                .map { encodedPath(String($0), keepsSlashes: false) }.joined(separator: "/")
        }
        // Dots alone would lead to a parent folder.
        if value == "." || value == ".." { return value.replacing(".", with: "%2E") }
        return PercentEncoding.encoded(value)
    }

    static func isURL(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    /// Joins with one slash; a path that is a URL replaces the base.
    static func join(_ base: String, _ path: String) -> String {
        if isURL(path) { return path }
        if path.isEmpty { return base }
        var base = base[...]
        while base.hasSuffix("/") { base.removeLast() }
        return base + "/" + path.drop { $0 == "/" }
    }

    private func text(_ template: Template, _ bindings: Bindings) throws(Unbound) -> String {
        var text = ""
        for part in template.parts {
            switch part {
            case .text(let literal): text += literal
            case .value(let expression, _): text += try value(expression, bindings).plainText
            }
        }
        return text
    }

    private func value(_ expression: Template.Expression, _ bindings: Bindings) throws(Unbound) -> JSONValue {
        switch expression {
        case .parent(let parent, let path):
            guard let value = bindings.values[path], !value.isNull else {
                let has = bindings.fields.map { " (it has \($0))" } ?? ""
                throw Unbound(
                    reason: "a record of \(parent) has no \(path)\(has)",
                    hint:
                        "correct the placeholder; a filter in the processing_steps of \(parent) leaves such records out",
                    isOfRecord: true)
            }
            return value
        case .incremental(let which):
            guard let value = incremental[which] else { throw Self.lacking(which) }
            return value
        case .parameter(let name):
            throw Unbound(reason: "{\(name)} has no value", hint: "add it to the endpoint's params")
        }
    }

    private static func lacking(_ which: Template.IncrementalValue) -> Unbound {
        Unbound(
            reason: "{incremental.\(which.rawValue)} has no value",
            hint: which == .end
                ? "give the cursor an end_value, or the run a window with --from and --to"
                : "give the cursor an initial_value for the first run")
    }

    /// A missing value of the cursor that a request of this resource needs.
    var unboundIncremental: Unbound? {
        for case (.incremental(let which), _) in endpoint.expressions where incremental[which] == nil {
            return Self.lacking(which)
        }
        return nil
    }

    private func value(_ body: BodyTemplate, _ bindings: Bindings) throws(Unbound) -> JSONValue {
        switch body {
        case .constant(let value): return value
        case .text(let template):
            if let single = template.single { return try value(single, bindings) }
            return .string(try text(template, bindings))
        case .array(let items):
            var values: [JSONValue] = []
            for item in items { values.append(try value(item, bindings)) }
            return .array(values)
        case .object(let members):
            var object = JSONObject()
            for (key, member) in members { object[try text(key, bindings)] = try value(member, bindings) }
            return .object(object)
        }
    }

    // MARK: The parent's record

    /// The paths in the parent's record that requests need.
    static func parentPaths(of resource: ResourceConfiguration) -> [String] {
        var paths: [String] = []
        for case (.parent(_, let path), _) in resource.endpoint.expressions where !paths.contains(path) {
            paths.append(path)
        }
        return paths
    }
}
