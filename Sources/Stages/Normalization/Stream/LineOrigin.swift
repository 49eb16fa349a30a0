/// Whose lines a number counts. People look for line 7 where they believe it to be: the lines of a stream are not those of
/// the file that extract read, and the lines of a BATCH are in a file of their own.
package enum LineOrigin: Sendable, Equatable {
    /// Standard input, as plain rows or before it is known what it is.
    case input
    case stream
    /// A file that a BATCH message names.
    case file(String)

    package func line(_ number: Int) -> String {
        switch self {
        case .input: "line \(number)"
        case .stream: "line \(number) of the stream"
        case .file(let path): "line \(number) of \(path)"
        }
    }
}
