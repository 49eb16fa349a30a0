package import ArgumentParser
package import LoadPackages
package import RunJournals
import SystemIO

/// The options that every program has; take them in with `@OptionGroup`, before them `JSONOption` and `ProgressOption` where they are
/// obeyed.
package struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Name of the pipeline (default: DLT_PIPELINE).", valueName: "name"),
        completion: ValueCompletion.pipelines)
    package var pipeline: String?

    @Option(
        help: ArgumentHelp(
            "Folder of pipelines (default: DLT_DATA_DIR, else /var/dlt for root, else ~/.dlt).", valueName: "dir"),
        completion: .directory)
    package var dataDir: String?

    @Option(help: ArgumentHelp("Write messages to stderr as text or as lines of JSON.", valueName: "format"))
    package var logFormat = LogFormat.text

    @Flag(name: .shortAndLong, help: "Print warnings and errors only.")
    package var quiet = false

    @Flag(name: .shortAndLong, help: "Print details too, such as a line for each table.")
    package var verbose = false

    package init() {}

    package func validate() throws {
        if quiet && verbose { throw ValidationError("'--quiet' and '--verbose' cannot be used together.") }
    }

    /// `--pipeline`, or else `DLT_PIPELINE`.
    package var pipelineName: String? {
        if let pipeline { return pipeline }
        guard let name = Environment.get("DLT_PIPELINE"), !name.isEmpty else { return nil }
        return name
    }

    /// `--data-dir`, or else where dlt keeps its data.
    package var dataDirectory: String { DataDirectory.resolve(flag: dataDir) }

    package var messages: Messages {
        Messages(format: logFormat, isQuiet: quiet, isVerbose: verbose, pipeline: pipelineName)
    }
}

extension CommonOptions {
    /// Begins to record the run, in the spool of the pipeline if that has been named already.
    package func record(_ stage: RunStage) {
        RunRecorder.begin(stage, dataDirectory: dataDirectory, messages: messages)
        guard let name = pipelineName, let spool = Spool(dataDirectory: dataDirectory, pipeline: name) else { return }
        RunRecorder.isAbout(spool)
    }

    /// Records what the command changes in a pipeline, or why it cannot.
    package func record(changeOf spool: Spool) {
        RunRecorder.begin(.change, dataDirectory: dataDirectory, messages: messages)
        RunRecorder.isAbout(spool)
    }
}

/// `--json`, of programs that print results.
package struct JSONOption: ParsableArguments {
    package static let help: ArgumentHelp = "Print results as JSON."

    @Flag(help: JSONOption.help) package var json = false

    package init() {}
}

/// `--progress`, of programs whose work takes its time.
package struct ProgressOption: ParsableArguments {
    package static let help = ArgumentHelp(
        "Show progress as a live line on a terminal (auto), as lines of text, as JSON, or never.", valueName: "how")

    @Option(help: ProgressOption.help) package var progress = ProgressMode.auto

    package init() {}

    package func line(_ messages: Messages, dataOnTerminal: Bool = false) -> ProgressLine {
        ProgressLine(progress, messages: messages, dataOnTerminal: dataOnTerminal)
    }
}
