import JSONText
import ProgramSupport
import Secrets

/// Selects the records of a response.
enum RecordSelection {
    /// Usual keys of lists in APIs, as dlt knows them.
    private static let usualNames = [
        "data", "items", "results", "entries", "records", "rows", "entities", "payload", "content", "objects", "values",
    ]

    /// Where the list of records seems to be, guessed as dlt does: the first list under a usual key, else the first
    /// list, at most three keys deep; else the whole.
    static func detect(_ root: JSONPlace) -> (path: JSONPath, isList: Bool) {
        guard root.kind == .object else { return (whole, root.kind == .array) }
        var lists: [[String]] = []
        collectLists(root, [], &lists)
        let keys = lists.first { usualNames.contains($0[$0.count - 1]) } ?? lists.first
        guard let keys, let path = try? JSONPath(JSONPath.text(of: keys)) else { return (whole, false) }
        return (path, true)
    }

    private static let whole = JSONPath.root

    private static func collectLists(_ place: JSONPlace, _ keys: [String], _ lists: inout [[String]]) {
        guard keys.count < 3 else { return }
        for member in place.members {
            let path = keys + [member.key.string ?? ""]
            switch member.value.kind {
            case .array: lists.append(path)
            case .object: collectLists(member.value, path, &lists)
            default: continue
            }
        }
    }

    enum Result {
        case records([JSONPlace], isList: Bool)
        /// The path finds nothing, or null.
        case missing(String)
    }

    /// A single match that is a list is unwrapped; several matches are the list.
    static func select(_ root: JSONPlace, _ path: JSONPath) -> Result {
        let matches = root.all(path)
        guard let first = matches.first else {
            // A path with [*] over an empty list rightly finds nothing.
            if path.steps.contains(.all), leadsToEmpty(root, path.steps[...]) {
                return .records([], isList: true)
            }
            return .missing("nothing")
        }
        if matches.count > 1 { return .records(matches.filter { !$0.isNull }, isList: true) }
        switch first.kind {
        case .null: return .missing("null")
        case .array where path.steps.last != .all: return .records(first.elements, isList: true)
        default: return .records([first], isList: path.steps.contains(.all))
        }
    }

    private static func leadsToEmpty(_ place: JSONPlace, _ steps: ArraySlice<JSONPath.Step>) -> Bool {
        guard let mark = steps.firstIndex(of: .all) else { return false }
        var place = place
        for step in steps[..<mark] {
            guard case .key(let name) = step, let next = place.member(name) else { return false }
            place = next
        }
        return place.kind == .array
    }

    /// What some services write when there is no error.
    private static let innocent: Set<String> = ["", "0", "false", "no", "none", "null", "ok", "success", "no error"]

    /// The error that a response reports under one of the usual keys; nil when it reports none.
    static func complaint(_ root: JSONPlace) -> String? {
        for name in ["errors", "error"] {
            guard let value = root.member(Array(name.utf8)) else { continue }
            switch value.kind {
            case .null, .false: continue
            case .array where value.node.count == 0, .object where value.node.count == 0: continue
            case .integer where value.integer == 0: continue
            case .string where innocent.contains((value.string ?? "").lowercased()): continue
            default:
                return "\"\(name)\": \(Secrets.excerpt(value.bytes, 300))"
            }
        }
        return nil
    }
}
