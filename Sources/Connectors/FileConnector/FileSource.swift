import ArgumentParser
import JSONText
package import ProgramSupport
package import RecordSources

/// `dlt-extract files`: records from files, folders and standard input.
package struct FileSource: RecordSource {
    package static let name = "files"
    package static let abstract = "Read JSON, CSV and Parquet files, of this machine and elsewhere."
    package static let discussion = """
        A PATH is a file, a folder (all data files in it and below), a pattern in quotes ('logs/**/*.json.gz'), or - for \
        standard input. It may be elsewhere: https://example.com/users.csv, s3://bucket/file, s3://bucket/folder/ or \
        's3://bucket/logs/*/*.json.gz'. Files may be compressed, and in zip or tar archives. Each PATH is a resource, named \
        by its file without extensions, its folder, or the common prefix of the matched files; --resource puts all into one.

        A JSON file may be an array of records, one record after another, or one record. A CSV file has a header. Its columns \
        have a type each, by a hint, by their table, or by the first rows: numbers and true or false where all cells are, else \
        text as written; empty cells are null. A row with fewer fields than the header has nulls for the rest, one with more is \
        an error.
        """

    package static let examples = [
        "dlt-extract files users.json | dlt-normalize | dlt-load sqlite:///app.db",
        """
        dlt-extract files --new 'movies-*.json.gz' | dlt-normalize \\
          | dlt-load sqlite:///movies.db
        """,
        """
        dlt-extract files --new 's3://lake/orders/*.jsonl.gz' --profile reader \\
          | dlt-normalize | dlt-load sqlite:///app.db
        """,
        """
        dlt-extract files --cursor updated_at issues.jsonl | dlt-normalize \\
          | dlt-load sqlite:///app.db
        """,
        """
        curl -sf https://api.example.com/jobs \\
          | dlt-extract files - --resource jobs --select data.jobs \\
          | dlt-normalize | dlt-load sqlite:///jobs.db
        """,
    ]

    package static let optionGroups = [
        OptionGroupTitle(
            "Source", ["--new", "--resource", "--select", "--format", "--by-modification", "--allow-empty"]),
        TableOptions.group, ParquetOptions.group, PlaceOptions.group,
    ]

    @Argument(
        help: ArgumentHelp(
            "A file, a folder, a pattern in quotes, a URL of https or s3, or - for standard input.", valueName: "path"),
        completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("Name of the resource, and of its table (default: from the path).", valueName: "name"))
    var resource: String?

    @Option(
        help: ArgumentHelp(
            "What the files are: auto, jsonl, json, csv, tsv or parquet; auto goes by extension, then content.",
            valueName: "format"))
    var format = FileFormat.auto

    @Option(
        help: ArgumentHelp(
            "Where in a JSON document the records are, such as data.jobs or $.a[*].b.",
            valueName: "path"))
    var select: String?

    @OptionGroup var table: TableOptions

    @OptionGroup var places: PlaceOptions

    @OptionGroup var parquet: ParquetOptions

    @Flag(help: "Accept an input of 0 bytes as one without records; else it is an error.")
    var allowEmpty = false

    @Flag(help: "Deliver only files that were not delivered before, or have changed since.")
    var new = false

    @Flag(
        help: ArgumentHelp(
            "Deliver only files modified since the last run: the cursor is their modification_date; takes --initial, --lag, "
                + "--from and --to."))
    var byModification = false

    package init() {}

    package func validate() throws {
        if paths.isEmpty { throw ValidationError("Name at least one file, or - for standard input.") }
        if paths.filter({ $0 == "-" }).count > 1 { throw ValidationError("Standard input (-) can be read only once.") }
        if new && paths.contains("-") {
            throw ValidationError("'--new' goes by name, size and time of files; standard input (-) has none.")
        }
        if byModification && paths.contains("-") {
            throw ValidationError("'--by-modification' goes by the time of files; standard input (-) has none.")
        }
        if byModification && new { throw ValidationError("Use either '--new' or '--by-modification'.") }
        if let resource, resource.isEmpty { throw ValidationError("'--resource' needs a name.") }
        if let select {
            let path: JSONPath
            do { path = try JSONPath(select) } catch { throw ValidationError("'--select \(select)': \(error.reason).") }
            if path.countsFromEnd {
                throw ValidationError(
                    "'--select \(select)': a file is read once, so positions count from the beginning.")
            }
            if format != .auto && format != .json {
                throw ValidationError(
                    "'--select' looks into JSON documents; it does not go with '--format \(format.rawValue)'.")
            }
        }
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource {
        var reading = try table.reading
        reading.format = format
        reading.path = try select.map { text throws(JSONPath.Malformed) in try JSONPath(text) }
        reading.allowsEmpty = allowEmpty
        return FileDelivery(
            plan: try FilePlan.resources(of: paths, named: resource), options: reading,
            choice: new ? .new : byModification ? .modified : .all, opener: FileOpener(remotes: RemoteFiles(places)),
            limits: parquet.limits)
    }
}
