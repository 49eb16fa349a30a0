import JSONText
import OpenAPI

/// A paginator of the configuration.
struct PaginatorDraft {
    let type: String
    var keys: [(name: String, value: JSONValue)] = []
    /// Parameters that are always sent, such as the size of a page.
    var parameters: [ParameterDraft] = []
    /// Parameters that the paginator itself sets.
    var ownParameters: [String] = []
}

/// Decides how the next page of a list is found: the first rule that fits.
struct PagingRules {
    let description: Description
    private let operation: Operation
    private let query: [Parameter]
    private let facts: AnswerFacts
    private let hasListAtRoot: Bool
    private let key: [String]?

    init(_ description: Description, _ endpoint: Endpoint) {
        self.description = description
        operation = endpoint.operation
        query = endpoint.operation.parameters(in: .query)
        facts = AnswerFacts(description, endpoint)
        hasListAtRoot = endpoint.records?.value.keys.isEmpty ?? false
        key = endpoint.key?.value
    }

    func decide() -> Decision<PaginatorDraft> {
        let decision = decided()
        guard operation.value[ExchangeDescription.unseen]?.bool == true, decision.value.type == "single_page" else {
            return decision
        }
        return Decision(PaginatorDraft(type: "auto"), "no answer was seen", .doubtful)
    }

    private func decided() -> Decision<PaginatorDraft> {
        extensionRule() ?? nextLink() ?? cursorInAnswer() ?? offsetThatIsACursor() ?? cursorInHeader() ?? lastKey()
            ?? offset() ?? pageNumber() ?? linkHeader() ?? limitOnly() ?? answerOnly()
            ?? Decision(PaginatorDraft(type: "single_page"), "no parameter asks for pages", .likely)
    }

    // MARK: Extensions of generators

    private func extensionRule() -> Decision<PaginatorDraft>? {
        let value = operation.value
        if let pageable = value["x-ms-pageable"], pageable.isObject {
            guard let link = pageable["nextLinkName"]?.text else {
                return Decision(PaginatorDraft(type: "single_page"), "x-ms-pageable names no next link", .sure)
            }
            return Decision(
                PaginatorDraft(type: "json_link", keys: [("next_url_path", path([link]))]),
                "x-ms-pageable names the link",
                .sure)
        }
        if let fern = value["x-fern-pagination"], let cursor = fern["cursor"]?.text,
            let next = fern["next_cursor"]?.text,
            let parameter = cursor.split(separator: ".").last, next.hasPrefix("$response.")
        {
            return cursorDraft(
                String(parameter), at: next.dropFirst(10).split(separator: ".").map(String.init),
                "x-fern-pagination names the cursor", .sure)
        }
        guard let speakeasy = value["x-speakeasy-pagination"], let outputs = speakeasy["outputs"] else { return nil }
        if let next = outputs["nextUrl"]?.text, next.hasPrefix("$.") {
            return Decision(
                PaginatorDraft(type: "json_link", keys: [("next_url_path", .string(String(next.dropFirst(2))))]),
                "x-speakeasy-pagination names the link", .sure)
        }
        let input = speakeasy["inputs"]?.items.first { $0["type"]?.text == "cursor" }?["name"]?.text
        if let next = outputs["nextCursor"]?.text, next.hasPrefix("$."), let input {
            return cursorDraft(
                input, at: next.dropFirst(2).split(separator: ".").map(String.init),
                "x-speakeasy-pagination names the cursor", .sure)
        }
        return nil
    }

    // MARK: Links

    private static let linkNames: Set<String> = [
        "next", "next_url", "next_uri", "next_href", "next_link", "next_page_url", "next_page_uri", "next_page_link",
        "next_page_href", "next_page", "odata_next_link", "next_records_url", "link_next", "next_page_path", "url_next",
        "next_path", "next_results_url",
    ]

    private func nextLink() -> Decision<PaginatorDraft>? {
        let hasCursor = ParameterNames.find(ParameterNames.cursors, query, { !ParameterNames.isTime($0) }) != nil
        let hasNumber = ParameterNames.find(ParameterNames.offsets + ParameterNames.pages, query) != nil
        for fact in facts.scalars {
            guard fact.shape.types.isEmpty || fact.shape.types.contains("string") else { continue }
            var words = Words.of(fact.keys[fact.keys.count - 1])
            // {"next": {"href": …}}
            if ["href", "url", "uri", "link"].contains(words.joined()), fact.keys.count > 1 {
                words = Words.of(fact.keys[fact.keys.count - 2]) + words
            }
            guard Self.linkNames.contains(words.joined(separator: "_")) else { continue }
            let says = fact.saysLink(words)
            guard says || !(hasCursor || hasNumber) else { continue }
            var draft = PaginatorDraft(type: "json_link", keys: [("next_url_path", path(fact.keys))])
            addSize(to: &draft)
            return Decision(
                draft, "the answer has a link to the next page at \(JSONPath.text(of: fact.keys))",
                says ? .sure : .likely)
        }
        return nil
    }

    private func linkHeader() -> Decision<PaginatorDraft>? {
        let hasHeader = operation.response?.headers.contains { $0.lowercased() == "link" } ?? false
        let texts = [operation.description, operation.response?.description ?? ""] + query.map(\.description)
        let text = texts.joined(separator: " ").prefix(20_000).lowercased()
        guard
            hasHeader || text.contains("link header") || text.contains("`link`") || text.contains("link` header")
                || text.contains("rel=\"next\"")
                || text.contains("rel=next")
        else { return nil }
        var draft = PaginatorDraft(type: "header_link")
        addSize(to: &draft)
        return Decision(
            draft, hasHeader ? "the answer has the header Link" : "the text mentions the header Link",
            hasHeader ? .sure : .likely)
    }

    // MARK: Cursors

    private func cursorInAnswer() -> Decision<PaginatorDraft>? {
        for name in ParameterNames.cursors {
            guard
                let parameter = query.first(where: { Words.joined($0.name) == name && !ParameterNames.isTime($0) }),
                let fact = facts.cursor(for: Words.of(parameter.name))
            else { continue }
            return cursorDraft(
                parameter.name, at: fact.keys,
                "\(parameter.name) takes what the answer has at \(JSONPath.text(of: fact.keys))", .sure)
        }
        return nil
    }

    /// `offset` or `page` may hold a token; the types tell them from numbers and from their echoes.
    private func offsetThatIsACursor() -> Decision<PaginatorDraft>? {
        for parameter in query {
            let words = Words.of(parameter.name)
            let name = words.joined(separator: "_")
            guard ParameterNames.offsets.contains(name) || ParameterNames.pages.contains(name) else { continue }
            if !ParameterNames.isNumber(parameter), let fact = facts.next(like: words, isText: true) {
                return cursorDraft(
                    parameter.name, at: fact.keys,
                    "\(parameter.name) is a text, as what the answer has at \(JSONPath.text(of: fact.keys))", .likely)
            }
            if ["from", "start", "offset"].contains(name), let fact = facts.next(like: words, isText: false) {
                return cursorDraft(
                    parameter.name, at: fact.keys,
                    "\(parameter.name) takes the number that the answer has at \(JSONPath.text(of: fact.keys))", .likely
                )
            }
        }
        return nil
    }

    private func cursorInHeader() -> Decision<PaginatorDraft>? {
        guard let parameter = ParameterNames.find(ParameterNames.cursors, query, { !ParameterNames.isTime($0) }),
            let header = operation.response?.headers.first(where: { header in
                let words = Words.of(header)
                return words.contains("next")
                    && !Set(words).isDisjoint(with: ["cursor", "token", "marker", "continuation", "page"])
            })
        else { return nil }
        var draft = PaginatorDraft(
            type: "header_cursor",
            keys: [("cursor_key", .string(header)), ("cursor_param", .string(parameter.name))])
        draft.ownParameters = [parameter.name]
        addSize(to: &draft)
        return Decision(draft, "the header \(Comments.line(header)) has what \(parameter.name) takes", .likely)
    }

    /// The cursor is the key of the last record.
    private func lastKey() -> Decision<PaginatorDraft>? {
        let declaresLink = operation.response?.headers.contains { $0.lowercased() == "link" } ?? false
        let counts = ParameterNames.find(ParameterNames.offsets + ParameterNames.pages, query) != nil
        let names = ParameterNames.cursors.filter {
            // A bound of the keys is a filter where something else counts.
            ParameterNames.keyCursors.contains($0) && !(counts && ["max_id", "from_id", "last_id"].contains($0))
        }
        guard !declaresLink, let key, key.count == 1,
            let parameter = ParameterNames.find(
                names, query, { !ParameterNames.isTime($0) && !ParameterNames.isOpaque($0) }), let place = facts.records
        else { return nil }
        let last = (place.isEmpty ? "$" : JSONPath.text(of: place)) + "[-1]" + Self.step(key[0])
        var draft = PaginatorDraft(
            type: "cursor", keys: [("cursor_path", .string(last)), ("cursor_param", .string(parameter.name))])
        draft.ownParameters = [parameter.name]
        if let flag = facts.hasMore {
            draft.keys.append(("has_more_path", path(flag)))
        } else {
            draft.keys.append(("stop_after_empty_page", true))
        }
        addSize(to: &draft)
        return Decision(
            draft, "\(parameter.name) takes the \(key[0]) of the last record, since no property of the answer holds it",
            .likely)
    }

    private static func step(_ key: String) -> String {
        let text = JSONPath.text(of: [key])
        return text.hasPrefix("$") ? String(text.dropFirst()) : "." + text
    }

    private func cursorDraft(
        _ parameter: String, at keys: [String], _ reason: String, _ confidence: Confidence
    ) -> Decision<PaginatorDraft> {
        var draft = PaginatorDraft(
            type: "cursor", keys: [("cursor_path", path(keys)), ("cursor_param", .string(parameter))])
        // The key of the last record is there on the last page, too.
        let name = Words.joined(keys[keys.count - 1])
        if name.hasPrefix("last") || name.hasPrefix("end"), let flag = facts.hasMore {
            draft.keys.append(("has_more_path", path(flag)))
        }
        draft.ownParameters = [parameter]
        // Some APIs page by a cursor only if a flag asks for it.
        let flags = ["use" + Words.of(parameter).joined(), "use_" + Words.joined(parameter)]
        if let flag = query.first(where: { flags.contains(Words.joined($0.name)) && $0.shape.types == ["boolean"] }) {
            draft.parameters.append(
                ParameterDraft(
                    name: flag.name, value: .flag(true), reason: "turns on pages by \(Comments.line(parameter))"))
        }
        addSize(to: &draft)
        return Decision(draft, reason, confidence)
    }

    // MARK: Numbers

    private var limit: Parameter? { ParameterNames.find(ParameterNames.limits, query, { !ParameterNames.isTime($0) }) }

    private func offset() -> Decision<PaginatorDraft>? {
        guard
            let parameter = ParameterNames.find(
                ParameterNames.offsets, query, { !ParameterNames.isTime($0) && ParameterNames.counts($0) })
        else {
            return nil
        }
        let name = Words.joined(parameter.name)
        // `from` and `start` are mostly something else, unless they count.
        if ["from", "start"].contains(name) {
            let isRange = query.contains { ["to", "end", "until"].contains(Words.joined($0.name)) }
            guard ParameterNames.isNumber(parameter), limit != nil, !isRange else { return nil }
        }
        let size = limit.map { PageSize($0) }
        var keys: [(name: String, value: JSONValue)] = [("limit", .integer(size?.value ?? PageSize.fallback))]
        keys.append(("offset_param", .string(parameter.name)))
        if let limit { keys.append(("limit_param", .string(limit.name))) }
        if let start = parameter.shape.minimum ?? parameter.shape.usual?.int, start == 1 { keys.append(("offset", 1)) }
        keys.append(("total_path", facts.total.map { path($0) } ?? .null))
        var draft = PaginatorDraft(type: "offset", keys: keys)
        draft.ownParameters = [parameter.name] + (limit.map { [$0.name] } ?? [])
        let reason = "\(parameter.name) counts records" + (limit.map { ", \($0.name) is the size of a page" } ?? "")
        return Decision(
            draft,
            reason
                + (size.map { "; \($0.reason)" }
                    ?? "; no parameter for the size of a page, so \(PageSize.fallback) is a guess"),
            size == nil || size?.isGuess == true ? .doubtful : .sure)
    }

    private func pageNumber() -> Decision<PaginatorDraft>? {
        guard
            let parameter = ParameterNames.find(
                ParameterNames.pages, query, { !ParameterNames.isTime($0) && ParameterNames.counts($0) }),
            parameter.shape.types.isEmpty || !parameter.shape.types.isDisjoint(with: ["integer", "number", "string"])
        else { return nil }
        let base = FirstPage(parameter)
        var draft = PaginatorDraft(
            type: "page_number",
            keys: [
                ("base_page", .integer(base.number)), ("page_param", .string(parameter.name)),
                ("total_path", facts.pages.map { path($0) } ?? .null),
            ])
        draft.ownParameters = [parameter.name]
        addSize(to: &draft)
        return Decision(
            draft, "\(parameter.name) is the number of a page; \(base.reason)", base.isGuess ? .likely : .sure)
    }

    private func limitOnly() -> Decision<PaginatorDraft>? {
        let cursor =
            ParameterNames.find(ParameterNames.cursors, query, { !ParameterNames.isTime($0) })
            ?? ParameterNames.find(ParameterNames.offsets + ParameterNames.pages, query, { !ParameterNames.counts($0) })
        guard let parameter = cursor ?? limit else { return nil }
        var draft = PaginatorDraft(type: "auto")
        if let limit, PageSize(limit).isKnown { addSize(to: &draft) }
        return Decision(
            draft,
            cursor != nil
                ? "\(parameter.name) asks for the next page, but nothing in the answer says what it takes"
                : "\(parameter.name) asks for a number of records, but nothing asks for the next page",
            .doubtful)
    }

    /// The answer says that there are pages, and no parameter that is described asks for them.
    private func answerOnly() -> Decision<PaginatorDraft>? {
        guard let place = facts.hasMore ?? facts.pages ?? facts.cursor(for: ["cursor"])?.keys else { return nil }
        return Decision(
            PaginatorDraft(type: "auto"),
            "the answer has \(JSONPath.text(of: place)), but no parameter asks for the next page", .doubtful)
    }

    // MARK: Parts

    private func path(_ keys: [String]) -> JSONValue { .string(JSONPath.text(of: keys)) }

    /// Pages as large as the description allows.
    private func addSize(to draft: inout PaginatorDraft) {
        guard let limit, !draft.ownParameters.contains(limit.name) else { return }
        let size = PageSize(limit)
        guard let maximum = size.maximum else { return }
        draft.parameters.append(ParameterDraft(name: limit.name, value: .number(maximum), reason: size.reason))
    }
}
