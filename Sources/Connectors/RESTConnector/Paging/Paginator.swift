import Digests
import HTTP
import JSONText
import ProgramSupport
import Secrets

/// Walks through the pages of one request chain: provides the values of the next request, or ends.
struct Paginator {
    /// The values that the next request needs.
    enum Position: Equatable {
        case start
        case link(String)
        case cursor(JSONValue)
        case number(Int)
    }

    /// The parts of a page that paging uses.
    struct Page {
        let headers: HTTPHeaders
        let root: JSONPlace
        /// The URL of the page, which relative links refer to.
        let url: String
        /// The number of values that the selector found, before any processing step.
        let recordCount: Int
        /// Whether the number counts what the offset counts: records in one list.
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
    /// Set when the rules were detected, so that a later run can continue at a place.
    private(set) var detected: JSONObject?
    private(set) var position: Position
    /// A path that finds nothing, while the page has a member of exactly this name.
    private(set) var misquoted: JSONPath?
    private var seen: Set<UInt64> = []
    private var lastPage: UInt64?
    /// Whether a page was read, in this run or in an earlier one.
    private var hasBegun = false
    /// Whether the last page announced another.
    private var isAnnounced = false
    /// The number of records in the pages so far.
    private var taken = 0

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
        if case .range = rules, hasBegun {
            if isAnnounced { place["announced"] = true }
            if taken > 0 { place["taken"] = .integer(taken) }
        }
        return place
    }

    /// Continues at a place.
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
        hasBegun = position != .start
        isAnnounced = place["announced"]?.boolValue ?? false
        taken = place["taken"]?.intValue ?? 0
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

    /// Examines a page; false when it was the last. Every reason to stop wins over every reason to continue.
    mutating func advance(past page: Page) throws(Failed) -> Bool {
        if case .auto = rules {
            let found = PaginatorDetection.detect(page.headers, page.root)
            do throws(Misconfigured) { rules = try PaginatorRules(detected: found) } catch {
                throw Failed(error.reason)
            }
            detected = found
            if case .range(let range) = rules { position = .number(range.start) }
        }
        defer { hasBegun = true }
        switch rules {
        case .auto, .singlePage: return false
        case .headerLink(let relation):
            return try follow(LinkHeader.target(of: relation, in: page.headers.all("Link")), page.url)
        case .jsonLink(let rules):
            let more = try Self.more(rules.flags, page.root)
            if more == false { return false }
            guard let found = find(rules.path, page.root), !found.isFalsy else {
                if more == true { throw Self.contradiction("link", rules.path) }
                return false
            }
            guard found.kind == .string, let link = found.string else {
                throw Failed(
                    "the link to the next page at `\(rules.path.text)` is not a string but \(Self.excerpt(found))")
            }
            return try follow(link, page.url)
        case .headerCursor(let header, _):
            guard let cursor = page.headers[header], !cursor.isEmpty else { return false }
            return try step(to: .string(cursor))
        case .cursor(let rules):
            if rules.stopsAfterEmptyPage && page.recordCount == 0 { return false }
            let more = try Self.more(rules.flags, page.root)
            if more == false { return false }
            // Every value that is true in Python is a cursor: strings and numbers, and the lists and objects of keyset
            // paging.
            guard let found = find(rules.path, page.root), !found.isFalsy else {
                if more == true { throw Self.contradiction("cursor", rules.path) }
                return false
            }
            return try step(to: found.value)
        case .range(let rules): return try advance(rules, page)
        }
    }

    /// Continues after an answer without content (204): with the next page if its headers or the rules lead there, or
    /// at the end if the earlier pages announced nothing more.
    mutating func advance(pastNothing headers: HTTPHeaders, from url: String) throws(Failed) -> Bool {
        switch rules {
        case .headerLink(let relation):
            if let link = LinkHeader.target(of: relation, in: headers.all("Link")) { return try follow(link, url) }
        case .headerCursor(let header, _):
            if let cursor = headers[header], !cursor.isEmpty { return try step(to: .string(cursor)) }
        case .cursor(let rules): if rules.stopsAfterEmptyPage { return false }
        case .range(let rules):
            if isAnnounced { break }
            if rules.stopsAfterEmptyPage { return false }
            guard case .number(let number) = position else { return false }
            position = .number(number + (rules.limit ?? 1))
            return rules.maximum.map { number + (rules.limit ?? 1) < $0 } ?? false
        case .auto, .singlePage, .jsonLink: break
        }
        if !hasBegun { return false }
        throw Failed(
            "the answer has no content, although the page before announced another one",
            hint: "if this is how the API ends its pages, set response_actions: [{status_code: 204, action: ignore}]")
    }

    private mutating func advance(_ rules: PaginatorRules.RangeRules, _ page: Page) throws(Failed) -> Bool {
        guard case .number(let number) = position else { return false }
        if rules.stopsAfterEmptyPage && page.recordCount == 0 { return false }
        if !rules.allowsSamePage && page.recordCount > 0 {
            let hash = Self.hash(UnsafeRawBufferPointer(page.root.text))
            if lastPage == hash {
                throw Failed("the same page came twice in a row", hint: samePageHint(rules))
            }
            lastPage = hash
        }
        // An API may return fewer records than requested: the next page begins after those that were returned.
        let step = rules.limit.map { page.countIsPlain && page.recordCount > 0 ? page.recordCount : $0 } ?? 1
        let next = number + step
        position = .number(next)
        taken += page.recordCount
        isAnnounced = false
        if let maximum = rules.maximum, next >= maximum { return false }
        var mayStop = rules.stopsAfterEmptyPage || rules.maximum != nil
        if let path = rules.total {
            if let total = try Self.total(path, page.root, isRequired: rules.totalIsRequired) {
                if next >= total + rules.base { return false }
                // A total of pages may really count records, all of which have then been read.
                isAnnounced = taken != total
                mayStop = true
            }
        }
        if let more = try Self.more(rules.flags, page.root) {
            if !more { return false }
            isAnnounced = true
            mayStop = true
        }
        if !mayStop {
            throw Failed(
                "there is no total at `total`, and nothing else would end the paging",
                hint:
                    "give the paginator total_path, has_more_path, is_last_path or a maximum, or stop_after_empty_page: true"
            )
        }
        return true
    }

    private func samePageHint(_ rules: PaginatorRules.RangeRules) -> String {
        let lets = "allow_same_page: true lets equal pages pass"
        if rules.limit != nil { return "does the API ignore the offset parameter? \(lets)" }
        let total = rules.total.map { ", total_path: \(JSONPath.quoted($0.text))" } ?? ""
        return detected == nil
            ? "does the API count pages from 1 (base_page: 1), or ignore the page parameter? \(lets)"
            : "describe the paginator; if pages count from 1: {type: page_number, base_page: 1\(total)}"
    }

    /// The first value at a path. A name with a dot that was written without quotes is read as it was meant.
    private mutating func find(_ path: JSONPath, _ root: JSONPlace) -> JSONPlace? {
        if let found = root.first(path) { return found }
        let name = path.text.hasPrefix("$.") ? path.text.dropFirst(2) : path.text[...]
        guard path.steps.count > 1, let found = root.member(Array(name.utf8)) else { return nil }
        misquoted = path
        return found
    }

    private mutating func follow(_ link: String?, _ from: String) throws(Failed) -> Bool {
        guard let link, !link.isEmpty else { return false }
        guard let here = HTTPURL(from), let url = here.resolving(link) else {
            throw Failed("the link to the next page is not a URL: \(Secrets.excerpt(link.utf8, 200))")
        }
        // A page that links to itself is the last: it would only be repeated.
        var own = [here]
        if case .link(let requested) = position, let requested = HTTPURL(requested) { own.append(requested) }
        if own.contains(where: { $0.leadsWhere(url) }) { return false }
        note(here.text)
        try remember(url.text, "the link to the next page leads to a page that was read already")
        position = .link(url.text)
        return true
    }

    private mutating func step(to cursor: JSONValue) throws(Failed) -> Bool {
        try remember(cursor.serialized(), "the same cursor came twice, so the pages would repeat forever")
        position = .cursor(cursor)
        return true
    }

    private mutating func remember(_ text: String, _ reason: String) throws(Failed) {
        if !note(text) { throw Failed(reason) }
    }

    /// False when it was seen before.
    @discardableResult
    private mutating func note(_ text: String) -> Bool {
        var text = text
        let hash = text.withUTF8 { Self.hash(UnsafeRawBufferPointer($0)) }
        return seen.insert(hash).inserted
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = XXH64()
        hash.update(bytes)
        return hash.digest()
    }
}
