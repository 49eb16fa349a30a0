import Encodings
package import LoadPackages

/// A page, by its address. What is not one of these is not there.
package enum Route: Hashable, Sendable {
    case overview
    case search
    case metrics
    case events
    /// A run that ended before anybody knew its pipeline.
    case looseRun(String)
    case pipeline(String)
    case runs(String)
    case run(String, String)
    case packages(String)
    case package(String, LoadID)
    case schema(String)
    case history(String)
    case state(String)
    case contracts(String)
    case tables(String)
    case table(String, String)
    case row(String, String, String)
    case sql(String)

    /// The parts of the address, decoded.
    var parts: [String] {
        switch self {
        case .overview: []
        case .search: ["search"]
        case .metrics: ["metrics"]
        case .events: ["events"]
        case .looseRun(let run): ["r", run]
        case .pipeline(let name): ["p", name]
        case .runs(let name): ["p", name, "runs"]
        case .run(let name, let run): ["p", name, "r", run]
        case .packages(let name): ["p", name, "packages"]
        case .package(let name, let id): ["p", name, "k", id.text]
        case .schema(let name): ["p", name, "schema"]
        case .history(let name): ["p", name, "schema", "history"]
        case .state(let name): ["p", name, "state"]
        case .contracts(let name): ["p", name, "contracts"]
        case .tables(let name): ["p", name, "t"]
        case .table(let name, let table): ["p", name, "t", table]
        case .row(let name, let table, let id): ["p", name, "t", table, id]
        case .sql(let name): ["p", name, "sql"]
        }
    }

    init?(parts: [String]) {
        switch parts.count {
        case 0: self = .overview
        case 1:
            switch parts[0] {
            case "search": self = .search
            case "metrics": self = .metrics
            case "events": self = .events
            default: return nil
            }
        case 2 where parts[0] == "r": self = .looseRun(parts[1])
        default:
            guard parts[0] == "p" else { return nil }
            self.init(pipeline: parts[1], Array(parts.dropFirst(2)))
        }
    }

    private init?(pipeline: String, _ rest: [String]) {
        switch rest {
        case []: self = .pipeline(pipeline)
        case ["runs"]: self = .runs(pipeline)
        case ["packages"]: self = .packages(pipeline)
        case ["schema"]: self = .schema(pipeline)
        case ["schema", "history"]: self = .history(pipeline)
        case ["state"]: self = .state(pipeline)
        case ["contracts"]: self = .contracts(pipeline)
        case ["t"]: self = .tables(pipeline)
        case ["sql"]: self = .sql(pipeline)
        default:
            if rest.count == 3, rest[0] == "t" {
                self = .row(pipeline, rest[1], rest[2])
                return
            }
            guard rest.count == 2 else { return nil }
            switch rest[0] {
            case "k":
                guard let id = LoadID(rest[1]) else { return nil }
                self = .package(pipeline, id)
            case "r": self = .run(pipeline, rest[1])
            case "t": self = .table(pipeline, rest[1])
            default: return nil
            }
        }
    }

    /// What a request asks for: a page, or its twin of data.
    package struct Target: Equatable {
        package let route: Route
        package let isJSON: Bool
        /// The data directory that it is of, counted from 1.
        package var directory = 1
    }

    /// - Parameter path: percent-encoded. The ending counts only where it stands as such, so that a pipeline may be called `a.json`.
    package static func target(ofPath path: String) -> Target? {
        guard path.hasPrefix("/") else { return nil }
        var path = path.dropFirst()
        // The front page has no name of its own.
        if path == "index.json" { return Target(route: .overview, isJSON: true) }
        let isJSON = path.hasSuffix(".json")
        if isJSON { path = path.dropLast(5) }
        if path.hasSuffix("/") { path = path.dropLast() }
        var parts: [String] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false) where !path.isEmpty {
            // Nothing has an empty name, and a slash at the end would make it another page.
            guard !part.isEmpty, let bytes = PercentEncoding.decodedStrictly(part.utf8),
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            parts.append(text)
        }
        var directory = 1
        if parts.count > 2, parts[0] == "d" {
            guard let number = Int(parts[1]), number > 1, String(number) == parts[1] else { return nil }
            directory = number
            parts.removeFirst(2)
        }
        guard let route = Route(parts: parts), directory == 1 || route.isOfDirectory else { return nil }
        return Target(route: route, isJSON: isJSON, directory: directory)
    }

    /// Whether there may be one in each data directory.
    var isOfDirectory: Bool { if case .looseRun = self { true } else { pipeline != nil } }

    /// The page that lists what this one is about, where there is one.
    var list: Route {
        switch self {
        case .package(let name, _): .packages(name)
        case .run(let name, _): .runs(name)
        default: self
        }
    }

    /// The pipeline that the page is about.
    var pipeline: String? {
        switch self {
        case .overview, .search, .metrics, .events, .looseRun: nil
        case .pipeline(let name), .runs(let name), .run(let name, _), .packages(let name), .package(let name, _),
            .schema(let name), .history(let name), .state(let name), .contracts(let name), .tables(let name),
            .table(let name, _), .row(let name, _, _), .sql(let name):
            name
        }
    }
}
