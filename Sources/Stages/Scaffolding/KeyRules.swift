import OpenAPI

/// Decides which field identifies a record. Only what the description shows counts: a wrong key loses records.
struct KeyRules {
    let description: Description
    /// The variable of the endpoint that has one record, by the shape of the list's path.
    let detailVariables: [String: String]

    private static let names = ["id", "uuid", "guid", "gid", "sid", "uid", "_id", "Id", "ID"]

    func judge(_ endpoint: inout Endpoint) {
        guard let item = endpoint.item(description), endpoint.records?.value.areScalars == false else {
            endpoint.whyNoKey = "the records are not described"
            return
        }
        if item.properties.isEmpty {
            endpoint.whyNoKey = "the records are not described"
            return
        }
        let noun = noun(of: endpoint, item)
        let variable = detailVariables[endpoint.path.shape]
        var nullable: String?
        func take(_ name: String, _ reason: String, _ confidence: Confidence, mayBeNull: Bool = false) -> Bool {
            guard let origin = item[name] else { return false }
            let shape = description.shape(origin)
            guard shape.isScalar, shape.types.isDisjoint(with: ["boolean"]), !shape.isWriteOnly else { return false }
            guard !shape.isNullable || mayBeNull else {
                nullable = name
                return false
            }
            endpoint.key = Decision([name], reason, confidence)
            return true
        }
        for name in Self.names where item[name] != nil {
            if take(name, "the records have \(name)", .sure) { return }
        }
        for property in item.properties {
            let words = Words.of(property.name)
            guard let last = words.last, ["id", "uuid", "guid", "gid", "sid", "uid"].contains(last), words.count > 1
            else { continue }
            if noun.contains(where: { Words.areAlike(Array(words.dropLast()), $0) }) {
                if take(property.name, "the records have \(property.name), named after what they are", .sure) { return }
            }
        }
        if let variable {
            let words = Words.of(variable)
            for property in item.properties {
                let own = Words.of(property.name)
                // {ConversationSid} and {Sid} both take `sid`.
                guard
                    own == words
                        || noun.contains(where: {
                            Words.areAlike($0, Array(words.dropLast(own.count))) && words.suffix(own.count) == own[...]
                        })
                else { continue }
                if take(
                    property.name, "{\(Comments.line(variable))} in the path of one record takes it", .sure,
                    mayBeNull: true)
                {
                    return
                }
            }
        }
        endpoint.whyNoKey =
            nullable.map { "\(Comments.line($0)) may be null" } ?? "no field is sure to identify a record"
    }

    /// What a record may be called: by the path, and by the name of its schema.
    private func noun(of endpoint: Endpoint, _ item: Shape) -> [[String]] {
        var nouns: [[String]] = []
        if let word = endpoint.path.lastWord {
            let words = Words.of(word)
            nouns.append(words)
            if words.count > 1 { nouns.append([words[words.count - 1]]) }
        }
        if let name = item.name { nouns.append(Words.of(name)) }
        return nouns
    }
}
