import Cursors
import Documents

/// Resolves references: placeholders to parameters, endpoints to parents.
extension ConfigurationReader {
    /// Checks what the placeholders of an endpoint refer to, and returns the parent.
    mutating func bind(
        _ endpoint: inout EndpointConfiguration, _ value: LocatedValue, _ path: DocumentPath,
        _ incremental: IncrementalConfiguration?
    ) -> String? {
        fillPath(of: &endpoint, value, path)
        for parameter in endpoint.parameters {
            if case .resolve(let resource, _) = parameter.value {
                report(
                    path.key("params"), value["params"] ?? value,
                    "a resolve parameter of \(resource) needs a placeholder of its name in the path",
                    hint: "write {resources.\(resource).<field>} as the parameter's value to put it into the query")
            }
        }
        var parents: [String] = []
        for (expression, key) in endpoint.expressions {
            if case .parent(let resource, _) = expression {
                if !parents.contains(resource) { parents.append(resource) }
            } else {
                check(expression, path.key(key), value[key] ?? value, incremental)
            }
        }
        if parents.count > 1 {
            report(path, value, "it depends on several resources (\(parents.joined(separator: ", "))); one is allowed")
        }
        return parents.first
    }

    /// A parameter that the path names goes there, and not into the query.
    private mutating func fillPath(
        of endpoint: inout EndpointConfiguration, _ value: LocatedValue, _ path: DocumentPath
    ) {
        var named: [String: ParameterValue] = [:]
        for parameter in endpoint.parameters {
            if let name = parameter.name.literal { named[name] = parameter.value }
        }
        var usedInPath: Set<String> = []
        var parts: [Template.Part] = []
        for part in endpoint.path.parts {
            guard case .value(.parameter(let name), let keepsSlashes) = part else {
                parts.append(part)
                continue
            }
            usedInPath.insert(name)
            guard let filled = Self.parts(of: named[name], keepsSlashes: keepsSlashes) else {
                report(
                    path.key("path"), value["path"] ?? value, "`{\(name)}` is not among the endpoint's params",
                    hint: "add it to params, write {resources.<parent>.<field>}, or double the braces")
                continue
            }
            parts += filled
        }
        endpoint.path = Template(parts: parts)
        endpoint.parameters.removeAll { $0.name.literal.map(usedInPath.contains) ?? false }
    }

    /// The text that replaces a parameter in the path; nil when the parameter cannot be part of one.
    private static func parts(of parameter: ParameterValue?, keepsSlashes: Bool) -> [Template.Part]? {
        switch parameter {
        case .resolve(let resource, let field)?:
            [.value(.parent(resource: resource, path: field), keepsSlashes: keepsSlashes)]
        case .template(let template)?:
            template.parts.map { part in
                guard case .text(let text) = part else { return part }
                return .text(RequestBuilder.encodedPath(text, keepsSlashes: keepsSlashes))
            }
        case .incremental?: [.value(.incremental(.start), keepsSlashes: keepsSlashes)]
        case .list?, nil: nil
        }
    }

    /// A placeholder that does not name a parent.
    private mutating func check(
        _ expression: Template.Expression, _ path: DocumentPath, _ value: LocatedValue,
        _ incremental: IncrementalConfiguration?
    ) {
        switch expression {
        case .parent: break
        case .incremental(let which):
            if incremental == nil {
                report(path, value, "`{incremental.\(which.rawValue)}` needs the endpoint's `incremental`")
            } else if which == .end && incremental?.cursor.window == nil && !hasWindow {
                report(
                    path, value, "`{incremental.end_value}` needs an end_value in the endpoint's `incremental`",
                    hint: "give it one, or the run a window with --from and --to")
            }
        case .parameter(let name):
            report(
                path, value, "`{\(name)}` is unknown",
                hint:
                    "known are {resources.<parent>.<field>} and {incremental.<value>}; double literal braces"
            )
        }
    }

    /// Whether paging can write into a body.
    mutating func checkBody(
        of resource: ResourceConfiguration, paginator: PaginatorRules?, _ path: DocumentPath, _ value: LocatedValue
    ) {
        guard let paths = paginator?.bodyPaths, !paths.isEmpty else { return }
        let place = path.key("endpoint").key("paginator")
        let line = value["endpoint"]?["paginator"] ?? value["endpoint"] ?? value
        if resource.endpoint.text != nil {
            report(
                place, line, "paging cannot write into a body that is a string",
                hint: "write `data` as a mapping (a form), or use `json`")
        } else if resource.endpoint.form != nil, let keys = paths.first(where: { $0.count > 1 }) {
            report(
                place, line, "`\(keys.joined(separator: "."))` has more levels than a form",
                hint: "name one field of `data`, or use `json`")
        }
    }

    /// Orders parents before children; reports unknown parents and circles.
    mutating func ordered(
        _ resources: [ResourceConfiguration], _ path: DocumentPath, _ items: [LocatedValue]
    ) -> [ResourceConfiguration] {
        var ordered: [ResourceConfiguration] = []
        var waiting = resources
        for (index, resource) in resources.enumerated() {
            if let parent = resource.parent, !resources.contains(where: { $0.name == parent }) {
                report(
                    path.item(index).key("endpoint"), items[index], "there is no resource \(parent)",
                    hint: "known are \(resources.map(\.name).joined(separator: ", "))")
                waiting.removeAll { $0.name == resource.name }
            }
        }
        while !waiting.isEmpty {
            let ready = waiting.filter { resource in
                guard let parent = resource.parent else { return true }
                return ordered.contains { $0.name == parent }
            }
            if ready.isEmpty {
                if problems.isEmpty {
                    let names = waiting.map(\.name).joined(separator: ", ")
                    report(path, items[0], "these resources depend on each other in a circle: \(names)")
                }
                return resources
            }
            ordered += ready
            waiting.removeAll { resource in ready.contains { $0.name == resource.name } }
        }
        return ordered
    }
}
