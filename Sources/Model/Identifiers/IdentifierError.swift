/// Why a name cannot be used.
package enum IdentifierError: Error, Equatable, CustomStringConvertible {
    /// The name is only white space.
    case blank
    case unknownConvention(String)
    /// No room for the tag that distinguishes shortened names.
    case maxLengthTooSmall(Int)
    /// Above the convention's longest name.
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
