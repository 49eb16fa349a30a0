import Identifiers

extension FuzzTarget {
    /// Any key becomes a name that stays itself and keeps the limit.
    static let names = FuzzTarget(name: "names") { bytes in
        var input = FuzzInput(bytes)
        let conventions = NamingConvention.allCases
        let naming = try Naming(conventions[input.option(below: conventions.count)], maxLength: 20)
        let text = input.text
        let name = try naming.normalizeIdentifier(text)
        try require(name.unicodeScalars.count <= 20, "\(name) is too long")
        if naming.name == "snake_case" {
            try require(try naming.normalizeIdentifier(name) == name, "\(name) becomes another name")
        }
        _ = try naming.normalizeTableIdentifier(text)
        _ = naming.normalizePath(text)
        _ = naming.breakPath(text)
        _ = try? normalizeSchemaName(text)
        _ = try? defaultSchemaName(ofPipeline: text)
    }
}
