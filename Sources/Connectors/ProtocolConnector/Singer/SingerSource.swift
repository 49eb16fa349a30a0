import ArgumentParser
import JSONText
package import ProgramSupport
package import RecordSources
import SystemIO

/// `dlt-extract singer`: runs a Singer tap and delivers its streams.
package struct SingerSource: RecordSource {
    package static let name = "singer"
    package static let abstract = "Run a Singer tap and read its streams."
    package static let discussion = """
        Runs the tap with --config and --catalog and, from the second run on, with --state: the state that it sent in the last \
        run whose rows were loaded. Types that the tap declares are the types of new columns, and freeze nothing. A stream with a key \
        is merged by it; ACTIVATE_VERSION, and a FULL_TABLE stream without a key, replace the table; --write-disposition overrides \
        that.

        The tap's exit status decides: when it ends with another status than 0, records after its last STATE are not \
        loaded, and without a STATE none. Its stderr passes through.

        --discover, --select and --replication ask the tap for its catalog, and set in it what this run reads. --list shows it.
        """

    package static let examples = [
        """
        dlt-extract singer --config github.json -- tap-github \\
          | dlt-normalize | dlt-load sqlite:///github.db
        """,
        """
        dlt-extract singer --config pg.json --select 'public-*' \\
            --replication public-orders=INCREMENTAL:updated_at -- tap-postgres \\
          | dlt-normalize | dlt-load sqlite:///pg.db
        """,
        "dlt-extract singer --config pg.json --list -- tap-postgres",
    ]

    package static let optionGroups = [
        OptionGroupTitle(
            "Source",
            ["--config", "--catalog", "--discover", "--list", "--select", "--replication", "--max-duration"])
    ]

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The tap and its arguments, after --.", valueName: "tap"))
    var words: [String] = []

    @Option(help: ArgumentHelp("The tap's configuration.", valueName: "file"), completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("The tap's catalog, with its selection of streams.", valueName: "file"), completion: .file())
    var catalog: String?

    @Flag(help: "Ask the tap for its catalog, and read what is selected in it, or else all of it.")
    var discover = false

    @Flag(help: "Print the streams that the tap offers, and end.")
    var list = false

    @Option(
        help: ArgumentHelp(
            "Streams to read, as a shell pattern; with ! those to leave out; STREAM.COLUMN selects columns. May be repeated.",
            valueName: "pattern"))
    var select: [String] = []

    @Option(
        help: ArgumentHelp(
            "How a stream is read: STREAM=FULL_TABLE, STREAM=INCREMENTAL:COLUMN or STREAM=LOG_BASED; may be repeated.",
            valueName: "stream=method"))
    var replication: [String] = []

    @Option(
        help: ArgumentHelp(
            "Stop the tap after this time, such as 90s, 30m or 2h, and end with status 10; what its last STATE covers is loaded.",
            valueName: "time"))
    var maxDuration: String?

    package init() {}

    package func validate() throws {
        if words.isEmpty {
            throw ValidationError("Name the tap after --, such as `singer --config c.json -- tap-github`.")
        }
        for (option, advice) in SingerSource.ours {
            guard words.dropFirst().contains(where: { $0 == option || $0.hasPrefix(option + "=") }) else { continue }
            throw ValidationError("'\(option)' of the tap: \(advice).")
        }
        if let maxDuration, NumberText.nanoseconds(maxDuration) == nil {
            throw ValidationError("'--max-duration \(maxDuration)': expected a time such as 90s, 30m or 2h.")
        }
        if catalog != nil, discover {
            throw ValidationError(
                "Use either '--catalog' or '--discover': a catalog is what the tap discovered before.")
        }
        _ = try StreamSelection(select)
        _ = try replication.map { try ReplicationMethod($0) }
    }

    /// Options of a tap that dlt-extract gives it.
    private static let ours = [
        ("--state", "leave it out; dlt-extract passes the state that the pipeline remembers"),
        ("--discover", "put it, or --list, before the --"),
        ("--catalog", "put it before the --"),
    ]

    package func answer(_ inquiry: SourceInquiry) throws -> String? {
        guard list else { return nil }
        let tap = try self.tap()
        var lines: [[String]] = [["stream", "key", "method", "replication keys"]]
        for stream in try tap.catalog()?.streams ?? [] {
            lines.append([
                stream.identifier, stream.key.joined(separator: ","), stream.method ?? "",
                stream.replicationKeys.joined(separator: ","),
            ])
        }
        return Columns.text(lines)
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource { SingerRun(tap: try tap()) }

    private func tap() throws -> SingerTap {
        if let config, config != "ENV", !Files.exists(config) {
            throw ProgramError(
                .noInput, "unable to read the configuration \(config): there is no such file",
                hint: "the tap's documentation says what belongs in it; many taps print that with --about")
        }
        return SingerTap(
            words: words, config: config, catalogPath: catalog,
            asks: discover || list || (catalog == nil && !(select.isEmpty && replication.isEmpty)),
            selection: try StreamSelection(select), methods: try replication.map { try ReplicationMethod($0) },
            maximumDuration: maxDuration)
    }
}
