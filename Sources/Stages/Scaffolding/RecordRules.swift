import OpenAPI

/// Finds the records in an answer, and with them whether an endpoint lists any.
struct RecordRules {
    let description: Description

    private static let maximumDepth = 3
    private static let maximumCandidates = 200
    /// Members that are looked at: a schema may have thousands that are all like itself.
    private static let maximumMembers = 50_000

    /// Lists beside the records.
    private static let excluded: Set<String> = [
        "errors", "error", "warnings", "included", "includes", "links", "meta", "metadata", "facets", "context",
        "notices", "debug", "pagination", "paging", "extensions", "aggregations", "schemas", "deprecations",
    ]
    /// The usual names of the list, the most usual first.
    private static let usual = [
        "data", "items", "results", "records", "values", "entries", "elements", "rows", "list", "content", "objects",
        "resources", "collection", "nodes", "hits", "value", "documents", "result", "edges", "entities", "features",
        "members",
    ]

    private struct Candidate {
        let keys: [String]
        let item: Shape.Origin?
        let areObjects: Bool
        var score = 0
        var isNamed = false
    }

    /// - Parameter isPaged: a parameter asks for pages.
    func judge(_ endpoint: inout Endpoint, isPaged: Bool) {
        let operation = endpoint.operation
        if operation.value[ExchangeDescription.unseen]?.bool == true, !endpoint.path.endsInVariable {
            return accept(unknown("no answer was seen"), &endpoint)
        }
        if let hint = extensionPlace(operation) { return accept(hint, &endpoint) }
        guard let origin = operation.response?.origin else {
            guard isPaged, let response = operation.response, !response.hasOtherForms else {
                endpoint.kind = .other
                return
            }
            return accept(unknown("the answer is not described"), &endpoint)
        }
        let shape = description.shape(origin)
        if shape.isArray && !shape.isObject {
            return accept(list(of: shape, reason: "the answer is the list"), &endpoint)
        }
        let candidates = candidates(in: shape, endpoint)
        guard let best = candidates.first else {
            if isPaged, shape.properties.isEmpty, !endpoint.path.endsInVariable {
                return accept(unknown("it has pages, but its answer describes no list"), &endpoint)
            }
            endpoint.kind = endpoint.path.endsInVariable ? .detail : .single
            return
        }
        if endpoint.path.endsInVariable, !isPaged || !best.isNamed || hasKey(shape) {
            endpoint.kind = .detail
            return
        }
        if !isPaged, isOneRecord(shape, best) {
            endpoint.kind = .single
            return
        }
        accept(choice(of: best, among: candidates), &endpoint)
    }

    private func hasKey(_ shape: Shape) -> Bool { shape["id"] != nil || shape["uuid"] != nil || shape["uid"] != nil }

    /// Whether the answer is one record that has lists, and not a list with an envelope.
    private func isOneRecord(_ shape: Shape, _ best: Candidate) -> Bool {
        // {"book": {"title": …, "authors": […]}}
        var container = shape
        for key in best.keys.dropLast() {
            guard let next = container[key] else { break }
            container = description.shape(next)
            let outer = Words.of(key).joined(separator: "_")
            if !Self.usual.contains(outer), hasKey(container) || scalars(of: container) > 1 { return true }
        }
        if !best.areObjects { return best.keys.count > 1 || !(best.isNamed || shape.properties.count == 1) }
        return !best.isNamed && (hasKey(shape) || scalars(of: shape) > 3 || best.keys.count > 2)
    }

    private func scalars(of shape: Shape) -> Int { shape.properties.count { description.shape($0.origin).isScalar } }

    private func accept(_ decision: Decision<RecordPlace>, _ endpoint: inout Endpoint) {
        endpoint.kind = .list
        endpoint.records = decision
        if decision.confidence == .doubtful { endpoint.doubts.append("records: \(decision.reason)") }
    }

    private func unknown(_ reason: String) -> Decision<RecordPlace> {
        Decision(RecordPlace(keys: [], item: nil, isUnknown: true), reason, .doubtful)
    }

    private func list(of shape: Shape, reason: String) -> Decision<RecordPlace> {
        let item = shape.items.map { description.shape($0) }
        let areScalars = item?.isScalar ?? false
        return Decision(
            RecordPlace(keys: [], item: shape.items, areScalars: areScalars),
            areScalars ? "\(reason), of values that are not objects" : reason, areScalars ? .doubtful : .sure)
    }

    private func choice(of best: Candidate, among all: [Candidate]) -> Decision<RecordPlace> {
        let place = RecordPlace(keys: best.keys, item: best.item, areScalars: !best.areObjects)
        if !best.areObjects { return Decision(place, "the only list, of values that are not objects", .doubtful) }
        let rivals = all.dropFirst().filter(\.areObjects)
        if rivals.isEmpty { return Decision(place, "the only list of objects", .sure) }
        let others = rivals.prefix(3).map { $0.keys.joined(separator: ".") }.joined(separator: ", ")
        if let second = rivals.first, second.score == best.score {
            return Decision(place, "the first of several lists; others are \(others)", .doubtful)
        }
        return Decision(place, "the list with the best name; others are \(others)", best.isNamed ? .likely : .doubtful)
    }

    private func candidates(in root: Shape, _ endpoint: Endpoint) -> [Candidate] {
        let pathWords = endpoint.path.words.last.map { Words.of($0) } ?? []
        let operation = endpoint.operation
        // Words that say what is listed if the path does not: /latest, /search.
        let hints = Set(
            Words.of(operation.value["operationId"]?.text ?? "") + endpoint.path.words.flatMap { Words.of($0) })
        var found: [Candidate] = []
        var level: [(keys: [String], shape: Shape)] = [([], root)]
        var looked = 0
        for depth in 1...Self.maximumDepth {
            var next: [(keys: [String], shape: Shape)] = []
            for (keys, shape) in level {
                for property in shape.properties where found.count < Self.maximumCandidates {
                    looked += 1
                    guard looked <= Self.maximumMembers else { break }
                    let words = Words.of(property.name)
                    let isExcluded =
                        Self.excluded.contains(words.joined(separator: "_")) || property.name.hasPrefix("@")
                    if isExcluded, !Words.areAlike(words, pathWords) { continue }
                    let inner = description.shape(property.origin)
                    let place = keys + [property.name]
                    if inner.isArray {
                        let item = inner.items.map { description.shape($0) }
                        var candidate = Candidate(
                            keys: place, item: inner.items, areObjects: !(item?.isScalar ?? false))
                        rate(&candidate, words, keys, pathWords, hints, item, depth)
                        found.append(candidate)
                    } else if inner.isObject, depth < Self.maximumDepth {
                        next.append((place, inner))
                    }
                }
            }
            level = next
        }
        return found.enumerated().sorted { one, other in
            one.element.score != other.element.score
                ? one.element.score > other.element.score : one.offset < other.offset
        }.map(\.element)
    }

    private func rate(
        _ candidate: inout Candidate, _ words: [String], _ container: [String], _ path: [String],
        _ hints: Set<String>, _ item: Shape?, _ depth: Int
    ) {
        var score = candidate.areObjects ? 200 : 0
        let name = words.joined(separator: "_")
        if Words.areAlike(words, path) {
            score += 100
            candidate.isNamed = true
        } else if let rank = Self.usual.firstIndex(of: name) {
            score += 80 - rank
            candidate.isNamed = true
        } else if let last = path.last, let end = words.last, Words.areAlike(last, end) {
            score += 60
            candidate.isNamed = true
        } else if let end = words.last, hints.contains(where: { Words.areAlike($0, end) }) {
            score += 50
            candidate.isNamed = true
        }
        // Inside `data` or a mapping that is named as the path is.
        if let outer = container.last.map({ Words.of($0) }) {
            if Self.usual.contains(outer.joined(separator: "_")) || Words.areAlike(outer, path) { score += 15 }
        }
        if let item, item["id"] != nil { score += 5 }
        candidate.score = score - 20 * (depth - 1)
    }

    /// Generators of clients say where the records are.
    private func extensionPlace(_ operation: Operation) -> Decision<RecordPlace>? {
        let value = operation.value
        var keys: [String]?
        var source = ""
        if let pageable = value["x-ms-pageable"], pageable.isObject {
            (keys, source) = ([pageable["itemName"]?.text ?? "value"], "x-ms-pageable")
        } else if let path = value["x-speakeasy-pagination"]?["outputs"]?["results"]?.text, path.hasPrefix("$.") {
            (keys, source) = (path.dropFirst(2).split(separator: ".").map(String.init), "x-speakeasy-pagination")
        } else if let path = value["x-fern-pagination"]?["results"]?.text, path.hasPrefix("$response.") {
            (keys, source) = (path.dropFirst(10).split(separator: ".").map(String.init), "x-fern-pagination")
        }
        guard let keys, let origin = operation.response?.origin else { return nil }
        var shape = description.shape(origin)
        for key in keys {
            guard let next = shape[key] else { return nil }
            shape = description.shape(next)
        }
        guard shape.isArray else { return nil }
        return Decision(RecordPlace(keys: keys, item: shape.items), "\(source) names it", .sure)
    }
}
