import JSONText
import ProgramSupport
import SystemIO

/// What `--check` prints: what a run would fetch.
enum ConfigurationSummary {
    /// The same for programs.
    static func object(of configuration: RESTConfiguration, resources: [String]) -> JSONValue {
        [
            "name": .string(configuration.name), "base_url": .string(configuration.client.baseURL),
            "resources": .array(
                configuration.resources.map { resource in
                    [
                        "name": .string(resource.name), "method": .string(resource.endpoint.method),
                        "path": .string(resource.endpoint.path.text),
                        "paginator": .string(
                            (resource.endpoint.paginator ?? configuration.client.paginator ?? .auto).name),
                        "data_selector": resource.endpoint.selector.map { .string($0.text) } ?? .null,
                        "parent": resource.parent.map { .string($0) } ?? .null,
                        "delivered": .bool(resources.contains(resource.name)),
                    ]
                }),
        ]
    }

    static func text(of configuration: RESTConfiguration, resources: [String]) -> String {
        var table = TextTable(header: ["resource", "request", "paginator", "records at", "parent", "delivered"])
        for resource in configuration.resources {
            let endpoint = resource.endpoint
            table.rows.append([
                resource.name, "\(endpoint.method) \(endpoint.path.text)",
                (endpoint.paginator ?? configuration.client.paginator ?? .auto).name,
                endpoint.selector?.text ?? "detected", resource.parent ?? "",
                resources.contains(resource.name) ? "yes" : "no",
            ])
        }
        return "\(configuration.name): \(configuration.client.baseURL)\n" + table.text(fitting: terminal)
    }

    private static var terminal: TextTable.Room? {
        guard Descriptor.standardOutput.isTerminal else { return nil }
        return TextTable.Room(
            columns: Descriptor.standardOutput.terminalColumns ?? 80, shrinking: [1, 3, 0, 4], dropping: [2])
    }
}

extension PaginatorRules {
    /// As it is written in a configuration.
    var name: String {
        switch self {
        case .auto: "auto"
        case .singlePage: "single_page"
        case .headerLink: "header_link"
        case .jsonLink: "json_link"
        case .headerCursor: "header_cursor"
        case .cursor: "cursor"
        case .range(let rules): rules.limit == nil ? "page_number" : "offset"
        }
    }
}

extension Template {
    /// As it is written in a configuration.
    var text: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .value(.parent(let resource, let path), _): "{resources.\(resource).\(path)}"
            case .value(.incremental(let which), _): "{incremental.\(which.rawValue)}"
            case .value(.parameter(let name), _): "{\(name)}"
            }
        }.joined()
    }
}
