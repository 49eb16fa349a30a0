/// Why a name cannot be used.
package enum IdentifierError: Error, Equatable, CustomStringConvertible {
    /// Nothing but white space was given.
    case blank
    case unknownConvention(String)
    /// No room for the tag that keeps shortened names apart.
    case maxLengthTooSmall(Int)
    /// Above the longest name that the convention allows.
    case maxLengthTooLarge(Int, convention: String, largest: Int)

    package var description: String {
        switch self {
        case .blank:
            "an identifier may not be blank"
        case .unknownConvention(let name):
            "unknown naming convention '\(name)': known are "
                + NamingConvention.allCases.map(\.rawValue).joined(separator: ", ")
        case .maxLengthTooSmall(let length):
            "a maximum identifier length of \(length) is too small: at least \(Naming.tagLength) is needed"
        case .maxLengthTooLarge(let length, let convention, let largest):
            "a maximum identifier length of \(length) is too large: \(convention) allows \(largest)"
        }
    }
}
