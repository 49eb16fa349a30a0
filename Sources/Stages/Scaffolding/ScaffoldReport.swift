import JSONText
import OpenAPI
import ProgramSupport

/// A scaffold for people and programs: every endpoint, and what was decided of it.
enum ScaffoldReport {
    static func table(_ scaffold: Scaffold) -> TextTable {
        var table = TextTable(header: ["resource", "endpoint", "records", "pages", "key", "parent", "doubts"])
        for endpoint in scaffold.endpoints {
            let path = "\(endpoint.operation.method) \(endpoint.operation.path)"
            guard endpoint.kind == .list else {
                table.rows.append(["", path, "(\(endpoint.kind.rawValue))", "", "", "", ""])
                continue
            }
            table.rows.append([
                endpoint.name, path, selector(endpoint) ?? "?", endpoint.paginator?.value.type ?? "",
                endpoint.key?.value.joined(separator: ",") ?? "", endpoint.parent?.name ?? "",
                endpoint.doubts.isEmpty ? "" : String(endpoint.doubts.count),
            ])
        }
        return table
    }

    static func json(_ scaffold: Scaffold, source: String) -> JSONValue {
        let inputs = scaffold.inputs.all.map { input -> JSONValue in
            ["name": .string(input.name), "purpose": .string(input.purpose), "optional": .bool(input.isOptional)]
        }
        let written = Set(scaffold.written)
        return [
            "source": .string(source), "title": .string(scaffold.description.title),
            "version": .string(scaffold.description.version), "format": .string(scaffold.description.editionText),
            "inputs": .array(inputs), "doubts": .strings(scaffold.doubts),
            "endpoints": .array(
                scaffold.endpoints.enumerated().map { endpoint($1, scaffold, $0, isWritten: written.contains($0)) }),
        ]
    }

    private static func selector(_ endpoint: Endpoint) -> String? {
        guard let place = endpoint.records?.value, !place.isUnknown else { return nil }
        return place.keys.isEmpty ? "$" : JSONPath.text(of: place.keys)
    }

    private static func endpoint(
        _ endpoint: Endpoint, _ scaffold: Scaffold, _ index: Int, isWritten: Bool
    ) -> JSONValue {
        let operation = endpoint.operation
        var object: JSONObject = [
            "method": .string(operation.method), "path": .string(operation.path), "line": .integer(operation.line),
            "kind": .string(endpoint.kind.rawValue), "written": .bool(isWritten),
        ]
        if endpoint.kind == .broken {
            object["problems"] = .array(
                operation.problems.map { problem in
                    ["line": .integer(problem.line ?? operation.line), "reason": .string(problem.reason)]
                })
        }
        guard endpoint.kind == .list else { return .object(object) }
        object["name"] = .string(endpoint.name)
        if isWritten { object["selected"] = .bool(!scaffold.unselected.contains(index)) }
        if let records = endpoint.records {
            object["records"] = decision(records, ["selector": selector(endpoint).map { .string($0) } ?? .null])
        }
        if let paginator = endpoint.paginator {
            var keys: JSONObject = ["type": .string(paginator.value.type)]
            for (name, value) in paginator.value.keys { keys[name] = value }
            object["paginator"] = decision(paginator, keys)
        }
        if let key = endpoint.key { object["primary_key"] = decision(key, ["fields": .strings(key.value)]) }
        if let parent = endpoint.parent {
            object["parent"] = ["resource": .string(parent.name), "reason": .string(parent.reason)]
        }
        if let cursor = endpoint.cursor {
            object["incremental"] = [
                "parameter": .string(cursor.parameter), "field": .string(cursor.field),
                "written": .bool(!cursor.isDoubtful), "reason": .string(cursor.reason),
            ]
        }
        object["doubts"] = .strings(endpoint.doubts)
        return .object(object)
    }

    private static func decision<Value>(_ decision: Decision<Value>, _ object: JSONObject) -> JSONValue {
        var object = object
        object["reason"] = .string(decision.reason)
        object["confidence"] = .string(decision.confidence.rawValue)
        return .object(object)
    }
}
