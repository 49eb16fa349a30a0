import JSONText
import OpenAPI

/// Decides what takes the place of the variables of a path: fields of a listed parent, or inputs.
struct ParentRules {
    let description: Description
    let endpoints: [Endpoint]
    /// The lists among them, by the shape of their paths.
    private let lists: [String: Int]

    init(_ description: Description, _ endpoints: [Endpoint]) {
        self.description = description
        self.endpoints = endpoints
        var lists: [String: Int] = [:]
        for (index, endpoint) in endpoints.enumerated()
        where endpoint.kind == .list && endpoint.records?.value.areScalars == false {
            lists[endpoint.path.shape] = lists[endpoint.path.shape] ?? index
        }
        self.lists = lists
    }

    /// The parent of an endpoint and the field that its last variable takes.
    func parent(of endpoint: Endpoint) -> (index: Int, variable: String, field: String, reason: String)? {
        guard
            let place = endpoint.path.segments.lastIndex(where: { if case .variable = $0 { true } else { false } }),
            case .variable(let variable) = endpoint.path.segments[place]
        else { return nil }
        let before = endpoint.path.prefix(place)
        guard let index = lists[before.shape], let item = endpoints[index].item(description),
            let field = field(for: variable, item, endpoints[index])
        else { return nil }
        return (
            index, variable, field.name,
            "{\(Comments.line(variable))} takes \(Comments.line(field.name)) of \(Comments.line(endpoints[index].operation.path)): \(field.reason)"
        )
    }

    private func field(for variable: String, _ item: Shape, _ parent: Endpoint) -> (name: String, reason: String)? {
        func isUsable(_ name: String) -> Bool {
            guard let origin = item[name], !name.contains("}"), !name.contains("{") else { return false }
            let shape = description.shape(origin)
            return shape.isScalar && shape.types.isDisjoint(with: ["boolean"]) && !shape.isWriteOnly
        }
        var words = Words.of(variable)
        // {projectIdOrKey}
        if let or = words.firstIndex(of: "or"), or > 0 { words = Array(words[..<or]) }
        let same = item.properties.first { Words.of($0.name) == words && isUsable($0.name) }
        if let same { return (same.name, "it has the same name") }
        let noun = parent.path.lastWord.map { Words.of($0) } ?? []
        let nouns = [noun, noun.suffix(1).map { $0 }] + (item.name.map { [Words.of($0)] } ?? [])
        for property in item.properties where isUsable(property.name) {
            let own = Words.of(property.name)
            guard !own.isEmpty, words.count > own.count, words.suffix(own.count) == own[...] else { continue }
            if nouns.contains(where: { Words.areAlike(Array(words.dropLast(own.count)), $0) }) {
                return (property.name, "the variable is named after what is listed and this field")
            }
        }
        guard let key = parent.key?.value, key.count == 1, isUsable(key[0]) else {
            return lastWord(words, item, isUsable)
        }
        if nouns.contains(where: { Words.areAlike(words, $0) }) {
            return (key[0], "the variable is named after what is listed, which it is the key of")
        }
        if words == ["id"] || words.last == "id" && ["id", "_id"].contains(key[0]) {
            return (key[0], "it is the key of what is listed before the variable")
        }
        return lastWord(words, item, isUsable)
    }

    /// {ConversationSid} takes `sid`.
    private func lastWord(
        _ words: [String], _ item: Shape, _ isUsable: (String) -> Bool
    ) -> (name: String, reason: String)? {
        guard words.count > 1, let last = words.last, ["sid", "uuid", "guid", "gid", "uid", "slug"].contains(last),
            let found = item.properties.first(where: { Words.of($0.name) == [last] && isUsable($0.name) })
        else { return nil }
        return (found.name, "the variable ends with the name of this field")
    }
}
