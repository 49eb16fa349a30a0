import OpenAPI

/// What an answer holds beside its records.
struct AnswerFacts {
    struct Fact {
        let keys: [String]
        let shape: Shape
    }

    private static let maximumDepth = 4
    private static let maximumFacts = 500
    /// Members that are looked at: a schema may have thousands that are all like itself.
    private static let maximumMembers = 50_000
    /// These lead back, or to this page.
    private static let backward: Set<String> = [
        "prev", "previous", "before", "first", "self", "current", "previously", "back", "start", "request",
    ]

    /// Values that are not in lists, the nearest to the root first.
    let scalars: [Fact]
    /// Where the records are; nil if that is not known.
    let records: [String]?

    init(_ description: Description, _ endpoint: Endpoint) {
        let place = endpoint.records?.value
        records = place.flatMap { $0.isUnknown ? nil : $0.keys }
        guard let origin = endpoint.operation.response?.origin else {
            scalars = []
            return
        }
        var found: [Fact] = []
        var level: [(keys: [String], shape: Shape)] = [([], description.shape(origin))]
        var looked = 0
        for _ in 1...Self.maximumDepth {
            var next: [(keys: [String], shape: Shape)] = []
            for (keys, shape) in level where !shape.isArray {
                for property in shape.properties where found.count < Self.maximumFacts {
                    looked += 1
                    guard looked <= Self.maximumMembers else { break }
                    let inner = description.shape(property.origin)
                    let path = keys + [property.name]
                    if inner.isObject {
                        next.append((path, inner))
                    }
                    if !inner.isArray, !inner.isObject || !inner.types.isSubset(of: ["object"]) {
                        found.append(Fact(keys: path, shape: inner))
                    }
                }
            }
            level = next
        }
        scalars = found
    }

    private func leadsBack(_ fact: Fact) -> Bool {
        fact.keys.contains { !Set(Words.of($0)).isDisjoint(with: Self.backward) }
    }

    // MARK: Cursors

    /// The value that a cursor's parameter takes on the next page.
    func cursor(for parameter: [String]) -> Fact? {
        let name = parameter.joined(separator: "_")
        let bare = parameter.drop { ["page", "pagination", "starting", "start", "next"].contains($0) }
        var best: (fact: Fact, score: Int)?
        for fact in scalars where !leadsBack(fact) {
            guard fact.shape.types.isEmpty || !fact.shape.types.isDisjoint(with: ["string", "integer"]) else {
                continue
            }
            let words = Words.of(fact.keys[fact.keys.count - 1])
            let own = words.joined(separator: "_")
            let outer = fact.keys.dropLast().flatMap { Words.of($0) }
            let isNext = words.contains("next") || outer.contains("next")
            let tokens: Set = ["cursor", "token", "marker", "continuation", "iterator", "bookmark", "id"]
            var score: Int
            if own == "next_" + name || (own == name && isNext) {
                score = 100
            } else if isNext, !Set(words).isDisjoint(with: Set(bare)) {
                score = 95
            } else if isNext, !Set(words).isDisjoint(with: tokens) || words.contains("after") {
                score = 85
            } else if own == name {
                score = 80
            } else if ["end_cursor", "after_cursor", "cursor", "continuation_token", "page_token"].contains(own) {
                score = 75
            } else if own == "last_id" || (own == "after" && parameter.contains("cursor")) {
                score = 65
            } else if own == "next" || own == "next_page" {
                score = 60
            } else {
                continue
            }
            score -= fact.keys.count
            if best.map({ $0.score < score }) ?? true { best = (fact, score) }
        }
        return best?.fact
    }

    /// A value named `next…` for a parameter that counts elsewhere.
    func next(like parameter: [String], isText: Bool) -> Fact? {
        scalars.first { fact in
            let words = Words.of(fact.keys[fact.keys.count - 1])
            let outer = fact.keys.dropLast().flatMap { Words.of($0) }
            guard words.contains("next") || outer.contains("next") else { return false }
            guard fact.shape.types.contains(isText ? "string" : "integer"), !fact.saysLink(words) || !isText else {
                return false
            }
            return words == ["next"] || !Set(words).isDisjoint(with: Set(parameter))
                || !Set(words).isDisjoint(with: ["token", "cursor"])
        }
    }

    // MARK: Counts and flags

    private static let totals: Set<String> = [
        "total", "total_count", "count_total", "total_items", "total_results", "total_records", "total_elements",
        "total_entries", "records_total", "total_number", "total_size", "total_hits",
        "total_number_of_items",
    ]
    private static let pageCounts: Set<String> = [
        "total_pages", "page_count", "pages", "last_page", "num_pages", "nb_pages", "number_of_pages",
        "total_page_count",
        "pages_total", "total_page",
    ]

    /// The number of all records.
    var total: [String]? { number(Self.totals) }
    /// The number of pages.
    var pages: [String]? { number(Self.pageCounts) }

    private func number(_ names: Set<String>) -> [String]? {
        scalars.first {
            // One that may be null is mostly there only if it is asked for.
            $0.shape.types.contains("integer") && !$0.shape.isNullable
                && names.contains(Words.joined($0.keys[$0.keys.count - 1]))
        }?
        .keys
    }

    /// A flag that every page has: whether there are more.
    var hasMore: [String]? {
        let names: Set = [
            "has_more", "has_next", "has_next_page", "more", "has_more_results", "has_more_items", "is_truncated",
        ]
        return scalars.first {
            $0.shape.types.contains("boolean") && names.contains(Words.joined($0.keys[$0.keys.count - 1]))
        }?.keys
    }
}

extension AnswerFacts.Fact {
    /// Whether the text or the form of the value says that it is a URL.
    func saysLink(_ words: [String]) -> Bool {
        if let format = shape.format, format.hasPrefix("uri") || format == "url" || format == "iri" { return true }
        if !Set(words).isDisjoint(with: ["url", "uri", "link", "href", "path"]) { return true }
        if let example = shape.example?.string {
            return example.hasPrefix("http") || example.hasPrefix("/") || example.hasPrefix("?")
        }
        let outer = keys.dropLast().last.map { Words.of($0) } ?? []
        if !Set(outer).isDisjoint(with: ["links", "link"]) { return true }
        let text = Set(Words.of(shape.description ?? ""))
        if !text.isDisjoint(with: ["token", "cursor"]) { return false }
        return !text.isDisjoint(with: ["url", "uri", "link", "href", "hyperlink", "path"])
    }
}
