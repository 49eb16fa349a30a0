import JSONText
import OpenAPI

/// One endpoint of an API that does not exist: what it demands, and how it cuts its records into pages.
struct MockEndpoint: Sendable {
    enum Credential: Sendable, Equatable {
        case bearer
        case basic
        case header(String)
        case query(String)
        case cookie(String)
    }

    static let recordCount = 237
    private static let usualSize = 50

    let segments: [Segment]
    let isList: Bool
    /// Whether it has one record for each record of its parent.
    let isChild: Bool
    let pattern: MockPattern
    /// Keys from the root of the answer to its records.
    let place: [String]
    let paginator: Paginator
    let requiredQuery: [String]
    let credential: Credential?
    /// The variable of the environment that has the right value, if it is set there.
    let secret: String?

    enum Segment: Sendable, Equatable {
        case word(String)
        case variable
    }

    struct Paginator: Sendable {
        let type: String
        let keys: [String: JSONValue]
        let sizeParameter: String?
        let largest: Int?
        /// Of a cursor: whether it is a number.
        let hasNumbers: Bool

        func text(_ name: String) -> String? { keys[name]?.stringValue }

        /// The keys of a path; nil if there is none.
        func path(_ name: String) -> [String]? {
            guard let text = text(name), let path = try? JSONPath(text) else { return nil }
            return path.steps.compactMap {
                if case .key(let key) = $0 { String(decoding: key, as: UTF8.self) } else { nil }
            }
        }
    }

    // MARK: Pages

    /// One page, and what leads to the next.
    struct Page {
        var body: JSONValue
        var headers: [(name: String, value: String)] = []
    }

    /// - Parameters:
    ///   - target: the path of the request, for links to it.
    ///   - only: the number of the only record.
    func page(_ query: [(name: String, value: String)], target: String, only: Int?) -> Page? {
        let all = only.map { $0...$0 } ?? 1...Self.recordCount
        func value(_ name: String?) -> String? { name.flatMap { name in query.first { $0.name == name }?.value } }
        let asked = value(paginator.sizeParameter).flatMap { Int($0) }
        let isWhole = ["single_page", "auto"].contains(paginator.type)
        let size =
            isWhole
            ? all.count
            : max(1, min(asked ?? paginator.keys["limit"]?.intValue ?? Self.usualSize, paginator.largest ?? 1000))
        let isLastKey = paginator.text("cursor_path")?.contains("[-1]") ?? false
        var start = 0
        switch paginator.type {
        case "offset":
            let given = value(paginator.text("offset_param")).flatMap { Int($0) }
            start = (given ?? 0) - (paginator.keys["offset"]?.intValue ?? 0)
        case "page_number":
            let base = paginator.keys["base_page"]?.intValue ?? 1
            start = ((value(paginator.text("page_param")).flatMap { Int($0) } ?? base) - base) * size
        case "cursor", "header_cursor":
            guard let cursor = value(paginator.text("cursor_param")) else { break }
            guard let number = MockPattern.number(in: cursor) else { return nil }
            start = isLastKey ? number - all.lowerBound + 1 : number
        default: start = value("mock_start").flatMap { Int($0) } ?? 0
        }
        guard start >= 0 else { return nil }
        let numbers = all.dropFirst(start).prefix(size)
        let end = start + numbers.count
        let hasMore = end < all.count
        var page = Page(body: .array(numbers.map(pattern.record)))
        var facts = Facts()
        let link =
            "\(target)?"
            + (query.filter { $0.name != "mock_start" } + [("mock_start", String(end))])
            .map { "\(Escaped.query($0.0))=\(Escaped.query($0.1))" }.joined(separator: "&")
        switch paginator.type {
        case "json_link": facts.set(paginator.path("next_url_path"), hasMore ? .string(link) : .null)
        case "header_link": if hasMore { page.headers.append(("Link", "<\(link)>; rel=\"next\"")) }
        case "header_cursor":
            if hasMore, let name = paginator.text("cursor_key") { page.headers.append((name, "c\(end)")) }
        case "cursor" where !isLastKey:
            facts.set(
                paginator.path("cursor_path"),
                hasMore ? (paginator.hasNumbers ? .integer(end) : .string("c\(end)")) : .null)
        default: break
        }
        facts.set(paginator.path("has_more_path"), .bool(hasMore))
        facts.set(
            paginator.path("total_path"),
            .integer(paginator.type == "page_number" ? (all.count + size - 1) / size : all.count))
        if !place.isEmpty {
            facts.set(place, page.body)
            page.body = facts.value
        }
        return page
    }

    /// An object under construction by paths.
    private struct Facts {
        private(set) var value = JSONValue.object([:])

        mutating func set(_ path: [String]?, _ new: JSONValue) {
            if let path, !path.isEmpty { value = Self.setting(value, path[...], new) }
        }

        private static func setting(_ value: JSONValue, _ path: ArraySlice<String>, _ new: JSONValue) -> JSONValue {
            guard let key = path.first else { return new }
            var object = value.objectValue ?? [:]
            object[key] = setting(object[key] ?? .object([:]), path.dropFirst(), new)
            return .object(object)
        }
    }
}

/// Texts in URLs.
enum Escaped {
    static func query(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let isPlain =
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte &- 0x30 <= 9 || "-._~".utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}
