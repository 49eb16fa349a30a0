import ArgumentParser
import JSONText
package import ProgramSupport
package import RecordSources
import SystemIO

/// `dlt-extract airbyte`: runs an Airbyte source and delivers its streams.
package struct AirbyteSource: RecordSource {
    package static let name = "airbyte"
    package static let abstract = "Run an Airbyte source and read its streams."
    package static let discussion = """
        Runs the source's read with --config, a catalog and, from the second run on, with --state: what the pipeline remembers \
        of each stream. Without --catalog the source is asked for its streams (discover), and all are read, incrementally \
        where the source offers that. --list shows them, --select chooses.

        Types that the source declares are the types of new columns, and freeze nothing. A stream is merged by its key if it is \
        incremental, and replaces its table if it is not; the destination_sync_mode of a catalog, or --write-disposition, says \
        otherwise.

        When the source fails, ends with another status than 0, or leaves a stream incomplete, what its last states cover is \
        loaded. Its log goes to stderr. A configuration that it renews is kept in credentials/ of the data directory.
        """

    package static let examples = [
        """
        dlt-extract airbyte --config faker.json -- source-faker \\
          | dlt-normalize | dlt-load sqlite:///faker.db
        """,
        "dlt-extract airbyte --config faker.json --list -- source-faker",
        """
        dlt-extract airbyte --config /c/faker.json --select users -- \\
            docker run --rm -v "$PWD:/c" -v /tmp:/tmp airbyte/source-faker \\
          | dlt-normalize | dlt-load sqlite:///faker.db
        """,
    ]

    package static let optionGroups = [
        OptionGroupTitle("Source", ["--config", "--catalog", "--list", "--select", "--max-duration"])
    ]

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("The source and its arguments, after --.", valueName: "source"))
    var words: [String] = []

    @Option(help: ArgumentHelp("The source's configuration.", valueName: "file"), completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("The configured catalog, or what the source printed for discover.", valueName: "file"),
        completion: .file())
    var catalog: String?

    @Flag(help: "Print the streams that the source offers, and end.")
    var list = false

    @Option(
        help: ArgumentHelp(
            "Streams to read, as a shell pattern; with ! those to leave out. May be repeated.", valueName: "pattern"))
    var select: [String] = []

    @Option(
        help: ArgumentHelp(
            "Stop the source after this time, such as 90s, 30m or 2h, and end with status 10; what its last states cover is "
                + "loaded.", valueName: "time"))
    var maxDuration: String?

    package init() {}

    package func validate() throws {
        if words.isEmpty {
            throw ValidationError("Name the source after --, such as `airbyte --config c.json -- source-faker`.")
        }
        if let word = words.last, words.count > 1, ["read", "discover", "check", "spec"].contains(word) {
            throw ValidationError("'\(word)': leave it out; dlt-extract adds the source's command.")
        }
        if let maxDuration, NumberText.nanoseconds(maxDuration) == nil {
            throw ValidationError("'--max-duration \(maxDuration)': expected a time such as 90s, 30m or 2h.")
        }
        _ = try StreamSelection(select)
    }

    package func answer(_ inquiry: SourceInquiry) throws -> String? {
        guard list else { return nil }
        var lines = [["stream", "key", "mode"]]
        let run = try self.run(inquiry.dataDirectory)
        for stream in try run.catalog(note: { _ in }).streams {
            lines.append([
                stream.fullName, stream.key.joined(separator: ","),
                stream.isIncremental ? "incremental" : "full_refresh",
            ])
        }
        return Columns.text(lines)
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource { try run(dataDirectory) }

    private func run(_ dataDirectory: String) throws -> AirbyteRun {
        if let config, !config.hasPrefix("/"), !Files.exists(config) {
            throw ProgramError(
                .noInput, "unable to read the configuration \(config): there is no such file",
                hint: "the source prints what belongs in it for: \(words[0]) spec")
        }
        let words = words
        let kept = try config.flatMap { path in
            try Files.exists(path)
                ? KeptConfiguration(
                    folder: Paths.join(dataDirectory, "credentials"), program: MessageProgram.name(words),
                    given: Files.readAll(path)) : nil
        }
        return AirbyteRun(
            words: words, config: config, kept: kept, catalogPath: catalog, selection: try StreamSelection(select),
            maximumDuration: maxDuration)
    }
}
