package import ArgumentParser
import SystemIO

/// What shells offer as values of options and operands. The program is asked when the user presses the key.
package enum ValueCompletion {
    /// - Parameter values: of the line; what does not begin as it was typed is left out by the shell.
    package static func values(_ values: @escaping @Sendable (CompletionLine) -> [String]) -> CompletionKind {
        .custom { words, place, typed in values(CompletionLine(words, place, typed)) }
    }

    /// Names of the pipelines in the folder that the line means.
    static let pipelines = values { line in pipelines(in: line.dataDirectory) }

    package static func pipelines(in dataDirectory: String) -> [String] {
        let spool = Paths.join(dataDirectory, "spool")
        let names = (try? Files.list(spool)) ?? []
        return names.filter { !$0.hasPrefix(".") && Files.isDirectory(Paths.join(spool, $0)) }
    }
}
