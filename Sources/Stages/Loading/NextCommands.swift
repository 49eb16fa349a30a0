import Destinations
import Failures
import LoadPackages

/// The commands in hints, with the arguments of this one: pasted into a shell, they do what the hint says.
struct NextCommands {
    // Passwords are left out: a command with asterisks instead would not work, and one without asks in the usual
    // places.
    let url: DestinationURL
    var also: [DestinationURL] = []
    var dataset: String?
    /// As the user gave it on the command line.
    var dataDirectory: String?

    /// Loads the waiting packages.
    ///
    /// - Parameter url: replaces the main one.
    func load(_ pipeline: String? = nil, url: String? = nil) -> String {
        let beside = also.flatMap { ["--also", place($0)] }
        return words(
            ["dlt-load", url ?? place(self.url)] + beside + datasetOption + ["--pending"]
                + option("--pipeline", pipeline))
    }

    /// Makes this destination the pipeline's home.
    func move(_ pipeline: String) -> String {
        words(["dlt-state", "move", place(url)] + datasetOption + option("--pipeline", pipeline))
    }

    /// A command of dlt-state about some or all packages of the pipeline.
    func packages(_ command: String, _ pipeline: String, _ rest: [String]) -> String {
        words(["dlt-state", "packages", command] + option("--pipeline", pipeline) + rest)
    }

    /// Writes the pipeline's state to a destination other than its home.
    func push(_ pipeline: String, to url: DestinationURL) -> String {
        words(["dlt-state", "push", place(url)] + datasetOption + option("--pipeline", pipeline))
    }

    private func place(_ url: DestinationURL) -> String { url.masked.replacing(":***@", with: "@") }

    func reset(_ pipeline: String) -> String { words(["dlt-state", "reset"] + option("--pipeline", pipeline)) }

    private var datasetOption: [String] { option("--dataset", dataset) }

    private func option(_ name: String, _ value: String?) -> [String] { value.map { [name, $0] } ?? [] }

    private func words(_ words: [String]) -> String {
        (words + option("--data-dir", dataDirectory)).map { ShellWord.quoted($0) }.joined(separator: " ")
    }
}
