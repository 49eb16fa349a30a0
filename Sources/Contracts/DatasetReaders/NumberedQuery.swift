import Failures

/// A query whose parameters are numbered: `$1` in the place of `:name`, for databases that know parameters only so.
package struct NumberedQuery: Sendable {
    package let text: String
    package let values: [QueryParameter.Value]
    /// Where what follows a parameter stands, here and in the query's own text, in bytes.
    private let places: [(here: Int, there: Int)]

    package init(_ query: Query, _ rules: SQLScanner.Rules) throws(QueryFailure) {
        var text: [UInt8] = []
        var values: [QueryParameter.Value] = []
        var numbers: [String: Int] = [:]
        var places: [(Int, Int)] = []
        let bytes = Array(query.sql.utf8)
        var done = 0
        for token in SQLScanner.tokens(of: query.sql, rules) where token.kind == .parameter {
            let range = token.range
            guard bytes[range.lowerBound] == UInt8(ascii: ":") else { throw QueryFailure.nameless }
            let name = String(decoding: bytes[range.dropFirst()], as: UTF8.self)
            guard let parameter = query.parameters.first(where: { $0.name == name }) else {
                throw QueryFailure.missing(parameter: name)
            }
            if numbers[name] == nil {
                values.append(parameter.value)
                numbers[name] = values.count
            }
            text += bytes[done..<range.lowerBound]
            text += "$\(numbers[name] ?? 0)".utf8
            done = range.upperBound
            places.append((text.count, done))
        }
        text += bytes[done...]
        self.text = String(decoding: text, as: UTF8.self)
        self.values = values
        self.places = places
    }

    /// A place of this text in that of the query.
    package func original(_ place: Int) -> Int {
        guard let last = places.last(where: { $0.here <= place }) else { return place }
        return last.there + place - last.here
    }
}
