import Documents
import JSONText

/// How the next page of a resource is found.
enum PaginatorRules: Sendable {
    /// To be detected at the first response.
    case auto
    case singlePage
    /// The relation of a link in the `Link` header.
    case headerLink(relation: String)
    case jsonLink(LinkRules)
    case headerCursor(header: String, target: Target)
    case cursor(CursorRules)
    case range(RangeRules)

    /// Where the next request carries a value.
    enum Target: Sendable {
        case parameter(String)
        /// Keys in the JSON body.
        case body([String])
    }

    /// Flags in a response that end the paging.
    struct Flags: Sendable {
        /// True while more pages follow.
        let hasMore: JSONPath?
        /// True on the last page.
        let isLast: JSONPath?

        var areGiven: Bool { hasMore != nil || isLast != nil }
    }

    struct LinkRules: Sendable {
        let path: JSONPath
        let flags: Flags
    }

    struct CursorRules: Sendable {
        let path: JSONPath
        let target: Target
        let stopsAfterEmptyPage: Bool
        let flags: Flags
    }

    /// Offsets and page numbers.
    struct RangeRules: Sendable {
        /// Records to request; nil for page numbers, which increase by one.
        let limit: Int?
        let start: Int
        /// Number of the first page; 0 for offsets.
        let base: Int
        let target: Target
        let limitTarget: Target?
        let total: JSONPath?
        /// Only a `total_path` that the user wrote must exist.
        let totalIsRequired: Bool
        let maximum: Int?
        let stopsAfterEmptyPage: Bool
        let flags: Flags
        let allowsSamePage: Bool
    }

    init(_ value: LocatedValue) throws(Misconfigured) {
        let type = value.string ?? value["type"]?.string ?? "auto"
        func path(_ key: String, usual: String?) throws(Misconfigured) -> JSONPath? {
            guard let text = value[key]?.string ?? usual else { return nil }
            do throws(JSONPath.Malformed) { return try JSONPath(text) } catch {
                throw Misconfigured("\(key): \(error.reason)", at: value[key])
            }
        }
        func target(_ parameter: String, usual: String, body: String) throws(Misconfigured) -> Target {
            let written = value[parameter]?.string
            guard let text = value[body]?.string, !text.isEmpty else { return .parameter(written ?? usual) }
            if written != nil { throw Misconfigured("\(parameter) and \(body) are both given", at: value[body]) }
            return .body(try Self.keys(text, body, value[body]))
        }
        func flags() throws(Misconfigured) -> Flags {
            Flags(hasMore: try path("has_more_path", usual: nil), isLast: try path("is_last_path", usual: nil))
        }
        switch type {
        case "single_page": self = .singlePage
        case "header_link": self = .headerLink(relation: value["links_next_key"]?.string ?? "next")
        case "json_link", "json_response":
            self = .jsonLink(
                LinkRules(path: try path("next_url_path", usual: "next") ?? .root, flags: try flags()))
        case "header_cursor":
            self = .headerCursor(
                header: value["cursor_key"]?.string ?? "next",
                target: .parameter(value["cursor_param"]?.string ?? "cursor"))
        case "cursor":
            self = .cursor(
                CursorRules(
                    path: try path("cursor_path", usual: "cursors.next") ?? .root,
                    target: try target("cursor_param", usual: "cursor", body: "cursor_body_path"),
                    stopsAfterEmptyPage: value["stop_after_empty_page"]?.bool ?? false,
                    flags: try flags()))
        case "offset", "page_number":
            let isOffset = type == "offset"
            let totalIsWritten = value.members?.contains { $0.key == "total_path" } ?? false
            let total = try path("total_path", usual: totalIsWritten ? nil : "total")
            let base = isOffset ? 0 : value["base_page"]?.int ?? 0
            let maximum = value[isOffset ? "maximum_offset" : "maximum_page"]?.int
            let stopsAfterEmptyPage = value["stop_after_empty_page"]?.bool ?? true
            let flags = try flags()
            let limit = isOffset ? value["limit"]?.int ?? value["limit"]?.string.flatMap { Int($0) } ?? 0 : nil
            if let limit, limit < 1 { throw Misconfigured("limit must be at least 1", at: value["limit"]) }
            if total == nil && maximum == nil && !flags.areGiven && !stopsAfterEmptyPage {
                throw Misconfigured(
                    "nothing would end the paging", at: value,
                    hint: "give total_path, has_more_path or \(isOffset ? "maximum_offset" : "maximum_page"), or leave "
                        + "stop_after_empty_page true")
            }
            self = .range(
                RangeRules(
                    limit: limit, start: isOffset ? value["offset"]?.int ?? 0 : value["page"]?.int ?? base, base: base,
                    target: isOffset
                        ? try target("offset_param", usual: "offset", body: "offset_body_path")
                        : try target("page_param", usual: "page", body: "page_body_path"),
                    limitTarget: isOffset ? try target("limit_param", usual: "limit", body: "limit_body_path") : nil,
                    total: total, totalIsRequired: totalIsWritten && total != nil, maximum: maximum,
                    stopsAfterEmptyPage: stopsAfterEmptyPage, flags: flags,
                    allowsSamePage: value["allow_same_page"]?.bool ?? false))
        default: self = .auto
        }
    }

    /// The keys that lead to a place in a body.
    private static func keys(_ text: String, _ key: String, _ value: LocatedValue?) throws(Misconfigured) -> [String] {
        let path: JSONPath
        do throws(JSONPath.Malformed) { path = try JSONPath(text) } catch {
            throw Misconfigured("\(key): \(error.reason)", at: value)
        }
        let keys = path.steps.compactMap {
            if case .key(let name) = $0 { String(decoding: name, as: UTF8.self) } else { nil }
        }
        if keys.isEmpty || keys.count < path.steps.count {
            throw Misconfigured("\(key) may contain only names, such as variables.after", at: value)
        }
        return keys
    }

    /// The places in the body that paging writes to.
    var bodyPaths: [[String]] {
        let targets: [Target?] =
            switch self {
            case .cursor(let rules): [rules.target]
            case .headerCursor(_, let target): [target]
            case .range(let rules): [rules.target, rules.limitTarget]
            case .auto, .singlePage, .headerLink, .jsonLink: []
            }
        return targets.compactMap { if case .body(let keys)? = $0 { keys } else { nil } }
    }

    /// The detected rules, as a user would write them.
    init(detected: JSONObject) throws(Misconfigured) {
        try self.init(LocatedValue(JSONValue.object(detected)))
    }
}

extension LocatedValue {
    /// A value that does not come from a file.
    init(_ value: JSONValue) {
        switch value {
        case .null: self.init(.null, line: 0)
        case .bool(let flag): self.init(.bool(flag), line: 0)
        case .number(let digits): self.init(.number(digits), line: 0)
        case .string(let text): self.init(.string(text), line: 0)
        case .array(let items): self.init(.array(items.map { LocatedValue($0) }), line: 0)
        case .object(let object):
            self.init(
                .object(object.members.map { .init(key: $0.key, line: 0, value: LocatedValue($0.value)) }), line: 0)
        }
    }
}
