/// A piece of an expression's text.
struct Token: Equatable {
    enum Kind: Equatable {
        /// A name or a keyword, as it was written.
        case word(String)
        /// A name in double quotes, which is never a keyword.
        case quoted(String)
        case string(String)
        /// The digits, and whether there is a point or an exponent.
        case number(String, isInteger: Bool)
        case bytes([UInt8])
        /// `:name`
        case parameter(String)
        case symbol(String)
        case end
    }

    let kind: Kind
    /// Characters before it.
    let place: Int
}
