import ArgumentParser
import ProgramSupport
import SystemIO

/// The options that every program has, of which a dashboard takes several data directories.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Name of the pipeline (default: DLT_PIPELINE, else all).", valueName: "name"),
        completion: ValueCompletion.values { ValueCompletion.pipelines(in: $0.dataDirectory) })
    var pipeline: String?

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "Folder of pipelines; may be repeated (default: DLT_DATA_DIR, else /var/dlt for root, else ~/.dlt).",
            valueName: "dir"),
        completion: .directory)
    var dataDirs: [String] = []

    @Option(help: ArgumentHelp("Write messages to stderr as text or as lines of JSON.", valueName: "format"))
    var logFormat = LogFormat.text

    @Flag(name: .shortAndLong, help: "Print warnings and errors only.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print details too, such as a line for each table.")
    var verbose = false

    init() {}

    func validate() throws {
        if quiet && verbose { throw ValidationError("'--quiet' and '--verbose' cannot be used together.") }
    }

    var pipelineName: String? {
        if let pipeline { return pipeline }
        guard let name = Environment.get("DLT_PIPELINE"), !name.isEmpty else { return nil }
        return name
    }

    /// Each with the option that named it.
    var dataDirectories: [(directory: String, option: String?)] {
        dataDirs.isEmpty
            ? [(DataDirectory.resolve(flag: nil), nil)] : dataDirs.map { (DataDirectory.resolve(flag: $0), $0) }
    }

    var messages: Messages {
        Messages(format: logFormat, isQuiet: quiet, isVerbose: verbose, pipeline: pipelineName)
    }
}
