import HTTP
import JSONText

/// Guesses from the first response how an API pages, in dlt's order; returns the rules as a user would write them.
enum PaginatorDetection {
    static func detect(_ headers: HTTPHeaders, _ root: JSONPlace) -> JSONObject {
        if LinkHeader.target(of: "next", in: headers.all("Link")) != nil { return ["type": "header_link"] }
        var keys: [String] = []
        let next = findNext(root, &keys)
        if let next, next.isLink {
            return ["type": "json_link", "next_url_path": .string(JSONPath.text(of: next.keys))]
        }
        keys = []
        if let total = findTotal(root, &keys) {
            return ["type": "page_number", "total_path": .string(JSONPath.text(of: total))]
        }
        if let next {
            return [
                "type": "cursor", "cursor_path": .string(JSONPath.text(of: next.keys)), "cursor_param": "cursor",
            ]
        }
        return ["type": "single_page"]
    }

    /// A key that begins with `next`, depth first: its value, or that of `href` or `url` in it.
    private static func findNext(_ place: JSONPlace, _ keys: inout [String]) -> (keys: [String], isLink: Bool)? {
        for member in place.members {
            let name = member.key.string ?? ""
            keys.append(name)
            defer { keys.removeLast() }
            if name.lowercased().hasPrefix("next") {
                switch member.value.kind {
                case .string, .integer, .real: return (keys, isLink(member.value))
                case .object:
                    for inner in member.value.members {
                        let innerName = inner.key.string ?? ""
                        let lowered = innerName.lowercased()
                        guard lowered.hasPrefix("href") || lowered.hasPrefix("url"), inner.value.string != nil else {
                            continue
                        }
                        return (keys + [innerName], isLink(inner.value))
                    }
                default: break
                }
            }
            if member.value.kind == .object, let found = findNext(member.value, &keys) { return found }
        }
        return nil
    }

    private static func isLink(_ place: JSONPlace) -> Bool {
        guard place.kind == .string, let text = place.string else { return false }
        return text.hasPrefix("http") || text.hasPrefix("/")
    }

    private static func findTotal(_ place: JSONPlace, _ keys: inout [String]) -> [String]? {
        for member in place.members {
            let name = member.key.string ?? ""
            keys.append(name)
            defer { keys.removeLast() }
            if ["total_pages", "pages", "totalpages"].contains(name.lowercased()), member.value.wholeNumber != nil {
                return keys
            }
            if member.value.kind == .object, let found = findTotal(member.value, &keys) { return found }
        }
        return nil
    }
}
