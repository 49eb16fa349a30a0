import Digests
import HTTP
import JSONText
import ProgramSupport
import Secrets

/// Walks through the pages of one request chain: says what the next request needs, or that there is none.
struct Paginator {
    /// What the next request needs to be told.
    enum Position: Equatable {
        case start
        case link(String)
        case cursor(JSONValue)
        case number(Int)
    }

    /// A page, as far as paging is concerned.
    struct Page {
        let headers: HTTPHeaders
        let root: JSONPlace
        /// Where it came from: what a relative link refers to.
        let url: String
        /// Values that the selector found, before any step.
        let recordCount: Int
        /// The number counts what the offset counts: records in one list.
        let countIsPlain: Bool
    }

    struct Failed: Error {
        let reason: String
        let hint: String?

        init(_ reason: String, hint: String? = nil) {
            self.reason = reason
            self.hint = hint
        }
    }

    private(set) var rules: PaginatorRules
    /// Set when the rules were detected, so that a place can be returned to.
    private(set) var detected: JSONObject?
    private(set) var position: Position
    private var seen: Set<UInt64> = []
    private var lastPage: UInt64?

    init(_ rules: PaginatorRules) {
        self.rules = rules
        position = .start
        if case .range(let range) = rules { position = .number(range.start) }
    }

    // MARK: Places

    /// Where the next page is, as JSON.
    var place: JSONObject {
        var place = JSONObject()
        switch position {
        case .start: break
        case .link(let url): place["url"] = .string(url)
        case .cursor(let cursor): place["cursor"] = cursor
        case .number(let number): place["number"] = .integer(number)
        }
        if let detected { place["paginator"] = .object(detected) }
        return place
    }

    /// Goes on at a place.
    mutating func resume(at place: JSONObject) {
        if let written = place["paginator"]?.objectValue, let rules = try? PaginatorRules(detected: written) {
            self.rules = rules
            detected = written
        }
        if let url = place["url"]?.stringValue {
            position = .link(url)
        } else if let cursor = place["cursor"] {
            position = .cursor(cursor)
        } else if let number = place["number"]?.intValue {
            position = .number(number)
        }
    }

    // MARK: Requests

    func apply(to request: inout RequestDraft) {
        switch (rules, position) {
        case (_, .link(let url)): request.follow(url)
        case (.cursor(let rules), .cursor(let cursor)): request.set(rules.target, cursor)
        case (.headerCursor(_, let target), .cursor(let cursor)): request.set(target, cursor)
        case (.range(let rules), .number(let number)):
            request.set(rules.target, .integer(number))
            if let limit = rules.limit, let target = rules.limitTarget { request.set(target, .integer(limit)) }
        default: break
        }
    }

    // MARK: Responses

    /// Looks at a page; false when it was the last. Every reason to stop wins over every reason to go on.
    mutating func advance(past page: Page) throws(Failed) -> Bool {
        if case .auto = rules {
            let found = PaginatorDetection.detect(page.headers, page.root)
            do throws(Misconfigured) { rules = try PaginatorRules(detected: found) } catch {
                throw Failed(error.reason)
            }
            detected = found
            if case .range(let range) = rules { position = .number(range.start) }
        }
        switch rules {
        case .auto, .singlePage: return false
        case .headerLink(let relation):
            return try follow(LinkHeader.target(of: relation, in: page.headers.all("Link")), page)
        case .jsonLink(let path):
            guard let found = page.root.first(path), !found.isNull else { return false }
            guard found.kind == .string, let link = found.string else {
                throw Failed("the link to the next page at `\(path.text)` is no text but \(Self.excerpt(found))")
            }
            return try follow(link, page)
        case .headerCursor(let header, _):
            guard let cursor = page.headers[header], !cursor.isEmpty else { return false }
            return try step(to: .string(cursor))
        case .cursor(let rules):
            if rules.stopsAfterEmptyPage && page.recordCount == 0 { return false }
            if let path = rules.hasMore, try !Self.flag(path, page.root) { return false }
            guard let found = page.root.first(rules.path), let cursor = Self.cursor(found) else {
                if rules.hasMore != nil {
                    throw Failed("the response says that more follows, but there is no cursor at `\(rules.path.text)`")
                }
                return false
            }
            return try step(to: cursor)
        case .range(let rules): return try advance(rules, page)
        }
    }

    private mutating func advance(_ rules: PaginatorRules.RangeRules, _ page: Page) throws(Failed) -> Bool {
        guard case .number(let number) = position else { return false }
        if rules.stopsAfterEmptyPage && page.recordCount == 0 { return false }
        if !rules.allowsSamePage && page.recordCount > 0 {
            let hash = Self.hash(UnsafeRawBufferPointer(page.root.text))
            if lastPage == hash {
                throw Failed(
                    "the same page came twice in a row",
                    hint: "does the API ignore the parameter of the page? allow_same_page: true lets equal pages pass")
            }
            lastPage = hash
        }
        // An API may give fewer records than it was asked for: the next page begins behind those that came.
        let step = rules.limit.map { page.countIsPlain && page.recordCount > 0 ? page.recordCount : $0 } ?? 1
        let next = number + step
        position = .number(next)
        if let maximum = rules.maximum, next >= maximum { return false }
        var mayStop = rules.stopsAfterEmptyPage || rules.maximum != nil
        if let path = rules.total {
            if let total = try Self.total(path, page.root, isRequired: rules.totalIsRequired) {
                if next >= total + rules.base { return false }
                mayStop = true
            }
        }
        if let path = rules.hasMore {
            if try !Self.flag(path, page.root) { return false }
            mayStop = true
        }
        if !mayStop {
            throw Failed(
                "there is no total at `total`, and nothing else would end the paging",
                hint: "give the paginator total_path, has_more_path or a maximum, or stop_after_empty_page: true")
        }
        return true
    }

    private mutating func follow(_ link: String?, _ page: Page) throws(Failed) -> Bool {
        guard let link, !link.isEmpty else { return false }
        guard let url = HTTPURL(page.url)?.resolving(link) else {
            throw Failed("the link to the next page is no URL: \(Secrets.excerpt(link.utf8, 200))")
        }
        try remember(url.text, "the link to the next page leads to a page that was read already")
        position = .link(url.text)
        return true
    }

    private mutating func step(to cursor: JSONValue) throws(Failed) -> Bool {
        try remember(cursor.serialized(), "the cursor came twice, so the pages would repeat for ever")
        position = .cursor(cursor)
        return true
    }

    private mutating func remember(_ text: String, _ reason: String) throws(Failed) {
        var text = text
        let hash = text.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)) }
        if !seen.insert(hash).inserted { throw Failed(reason) }
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = XXH64()
        hash.update(bytes)
        return hash.digest()
    }

    // MARK: Values

    /// nil for what says that there is no further page: null, false, nothing, empty, 0.
    private static func cursor(_ place: JSONPlace) -> JSONValue? {
        switch place.kind {
        case .string: place.string?.isEmpty == true ? nil : place.value
        case .integer, .real: place.string.flatMap { Double($0) } == 0 ? nil : place.value
        case .true: place.value
        default: nil
        }
    }

    private static func flag(_ path: JSONPath, _ root: JSONPlace) throws(Failed) -> Bool {
        guard let found = root.first(path) else {
            throw Failed("there is nothing at has_more_path `\(path.text)`")
        }
        switch found.kind {
        case .true: return true
        case .false: return false
        case .integer where found.integer == 0 || found.integer == 1: return found.integer == 1
        case .string:
            switch found.string?.lowercased() {
            case "true", "yes", "y", "t", "1", "on"?: return true
            case "false", "no", "n", "f", "0", "off"?: return false
            default: break
            }
        default: break
        }
        throw Failed("has_more_path `\(path.text)` leads to \(excerpt(found)) instead of true or false")
    }

    private static func total(_ path: JSONPath, _ root: JSONPlace, isRequired: Bool) throws(Failed) -> Int? {
        guard let found = root.first(path), !found.isNull else {
            if !isRequired { return nil }
            throw Failed(
                "there is no total at `\(path.text)`",
                hint: "correct total_path, or set it to null when the API tells no total")
        }
        guard let total = found.integer else {
            throw Failed("the total at `\(path.text)` is \(excerpt(found)) instead of a whole number")
        }
        return total
    }

    private static func excerpt(_ place: JSONPlace) -> String {
        Secrets.excerpt(place.bytes, 80)
    }
}
