package import ArgumentParser
import CompressedIO
import DestinationKinds
import LoadPackages
package import ProgramSupport
import RecordStreams
import RunJournals
import Schemas
import SystemIO
import Threading

/// `dlt-normalize`: reads a record stream, writes load packages into the spool, prints their names.
package struct NormalizeProgram: UsageAdvising, PipedProgram, GuidedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dlt-normalize",
        abstract: "Turn a stream of JSON records into a load package of linked tables.",
        discussion: """
            Reads a record stream from standard input, infers and evolves the schema, unpacks nested data into child \
            tables, and publishes one load package in the spool. Prints the package's name for dlt-load.

            Plain rows, one JSON object a line, need --table or --table-from.

            The output of a Singer tap is a record stream too. BATCH files are read when they are local JSON lines, plain or \
            compressed by gzip or zstd. ACTIVATE_VERSION replaces the table when the version is new to it, unless \
            --write-disposition says how to write; records of another version than the run's first are left out.
            """,
        version: Version.text)

    package static let examples = [
        "dlt-extract files users.json | dlt-normalize | dlt-load sqlite:///app.db",
        "dlt-normalize --table users < users.ndjson | dlt-load sqlite:///app.db",
        """
        dlt-normalize --table users --schema users.schema.yaml \\
          --schema-contract freeze --check < users.ndjson
        """,
    ]

    package static let optionGroups = [
        OptionGroupTitle("Input", ["--table", "--table-from"]),
        OptionGroupTitle("Hints for the tables"),
        OptionGroupTitle(
            "Schema", ["--schema", "--explain", "--max-table-nesting", "--naming", "--for", "--max-identifier-length"]),
        OptionGroupTitle("Checks and rejected records", ["--check", "--rejects", "--events", "--keep-origins"]),
        OptionGroupTitle("Changes of records on their way"),
        OptionGroupTitle("Runs", ["--run-key", "--again", "--partial-ok"]),
        OptionGroupTitle(
            "Memory, threads and job files",
            ["--max-memory", "--workers", "--buffer-max-items", "--file-max-items", "--file-max-bytes"]),
    ]

    @OptionGroup var common: CommonOptions
    @OptionGroup var progress: ProgressOption

    @Option(
        help: ArgumentHelp(
            "The input is plain rows, one JSON object a line, for this table.", valueName: "name"))
    var table: String?

    @Option(help: ArgumentHelp("The input is plain rows; this field of each row names its table.", valueName: "field"))
    var tableFrom: String?

    @OptionGroup(title: "Changes of records on their way") var changeOptions: ChangeOptions

    @OptionGroup(title: "Hints for the tables") var hintOptions: HintOptions

    @Option(
        help: ArgumentHelp(
            "A schema of dlt, whole or in part, or a model: JSON Schema (Pydantic), Singer, OpenAPI or a data contract (ODCS). What "
                + "it says goes before what is inferred.", valueName: "file"), completion: .file())
    var schema: String?

    @Option(
        help: ArgumentHelp(
            "Naming convention: snake_case, direct, duck_case, sql_cs_v1, sql_ci_v1 or s3_tables.", valueName: "name"),
        completion: .list(["snake_case", "direct", "duck_case", "sql_cs_v1", "sql_ci_v1", "s3_tables"]))
    var naming: String?

    @Option(help: ArgumentHelp("Levels of nesting that are unpacked; deeper values stay JSON.", valueName: "n"))
    var maxTableNesting: Int?

    @Option(help: ArgumentHelp("Longest table or column name; longer ones are shortened.", valueName: "n"))
    var maxIdentifierLength: Int?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Shorten names to the limit of this destination.", valueName: "destination"),
        completion: .list(DestinationName.allValueStrings))
    var destination: DestinationName?

    @Option(help: ArgumentHelp("Rows of one table held in memory before they are written.", valueName: "n"))
    var bufferMaxItems = 5000

    @Option(help: ArgumentHelp("Start a new job file after N rows.", valueName: "n"))
    var fileMaxItems: Int?

    @Option(help: ArgumentHelp("Start a new job file after this size, uncompressed (K, M, G).", valueName: "size"))
    var fileMaxBytes: ByteSize?

    @Flag(
        help:
            "Keep in the package of which line of which input each row was made, for dlt-dashboard; dlt-load --keep-loaded keeps that after the load."
    )
    var keepOrigins = false

    @Option(
        help: ArgumentHelp(
            "Memory for buffers, such as 64M; at least 1M. A line may be a quarter of it.", valueName: "size")
    )
    var maxMemory = ByteSize(256 << 20)

    @Option(
        help: ArgumentHelp(
            "Threads that work at once (default: the number of processors, or of slots of a make -j).",
            valueName: "n"))
    var workers: Int?

    @Option(
        help: ArgumentHelp(
            "Make and load one package for each key: a second run with the key makes none.", valueName: "key"))
    var runKey: String?

    @Flag(help: "Make a package even if the run key has made one before.")
    var again = false

    @Flag(help: "Let replace, scd2 and merge by merge key treat a part of the rows as the whole.")
    var partialOk = false

    @Flag(help: "Report what a run would do, end with its status, and publish nothing.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Append schema changes and broken contracts to this file, or fd:N, one JSON object a line.",
            valueName: "file"),
        completion: .file())
    var events: String?

    @Option(
        help: ArgumentHelp(
            "Append rejected records to this file, one JSON object a line with reason, place and the whole record: records that a "
                + "contract leaves out, and lines that are not JSON objects.", valueName: "file"), completion: .file())
    var rejects: String?

    @Option(
        help: ArgumentHelp(
            "Report which input line and value fixed the type of a column, or made its variant ([TABLE.]COLUMN); may be repeated.",
            valueName: "column"))
    var explain: [String] = []

    package init() {}

    package func validate() throws {
        if table != nil && tableFrom != nil {
            throw ValidationError("'--table' and '--table-from' cannot be used together.")
        }
        if keepOrigins, let option = changeOptions.hiding {
            throw ValidationError(
                "'--keep-origins' and '\(option)' cannot be used together: the line would show what is to be hidden.")
        }
        if let maxTableNesting, !(0...RecordNormalizer.maximumNesting ~= maxTableNesting) {
            throw ValidationError("'--max-table-nesting' takes 0 to \(RecordNormalizer.maximumNesting).")
        }
        if maxMemory.bytes < NormalizeProgram.leastMemory {
            throw ValidationError(
                "'--max-memory \(maxMemory)': give at least 1M; a number without K, M or G is bytes.")
        }
        for (option, value) in [
            ("--buffer-max-items", bufferMaxItems), ("--file-max-items", fileMaxItems ?? 1),
            ("--workers", workers ?? 1),
        ] where value < 1 {
            throw ValidationError("'\(option)' takes a positive number.")
        }
    }

    /// Usually the unit was forgotten.
    private static let leastMemory = 1 << 20

    package func run() throws {
        let messages = common.messages
        if Descriptor.standardInput.isTerminal {
            guard table != nil || tableFrom != nil else {
                throw ProgramError(
                    .usage, "unable to normalize: nothing is piped in",
                    hint: "dlt-extract … | dlt-normalize, or dlt-normalize --table NAME < FILE")
            }
            messages.note("reading rows from the terminal; Ctrl-D ends them")
        }
        StopSignal.install()
        if !check { common.record(.normalize) }
        // The package is published even if the reader closes the pipe; the write reports that.
        StopSignal.ignoreSIGPIPE()
        let lines = PackageLinePrinter()
        let status: Int32
        var pipelines: [PackageLine.Pipeline] = []
        do { status = try normalize(messages, lines, &pipelines) } catch {
            let error = NormalizeProgram.explained(error)
            lines.printEnd(NormalizeProgram.status(of: error))
            throw error
        }
        lines.printEnd(status, pipelines)
        if let complaint = lines.complaint() { throw complaint }
        if status != 0 { throw ExitCode(status) }
    }

    private static var input: TextSource {
        let input = Descriptor.standardInput
        input.enlargePipe(to: 1 << 20)
        return TextSource(DescriptorSource(input), name: "standard input", reader: "dlt-normalize")
    }

    /// The exit status of the process.
    private static func status(of error: any Error) -> Int32 {
        if error is Stopped { return 128 + StopSignal.signalNumber }
        return ExitStatus(of: error).rawValue
    }

    /// - Parameter pipelines: the pipelines of the run.
    private func normalize(
        _ messages: Messages, _ lines: PackageLinePrinter, _ pipelines: inout [PackageLine.Pipeline]
    ) throws -> Int32 {
        let started = Clock.monotonicNanoseconds()
        let log = EvolutionLog(explain: explain, messages: messages)
        let request = try makeRequest()
        let workers = workers ?? Processors.available
        let pool = workers > 1 ? WorkerPool(workers: workers, slots: JobSlots()) : nil
        defer { pool?.end() }
        let normalizer = Normalizer(request, messages: messages, pool: pool, report: log.add)
        normalizer.began = { lines.begin(RunRecorder.run.text) }
        let progress = progress.line(messages)
        var outcomes: [Normalizer.Outcome] = []
        do {
            let blocks = BlockReader(source: NormalizeProgram.input, maximumLineBytes: request.maximumLineBytes)
            let intake = Intake(normalizer, blocks: blocks, pool: pool) {
                progress.update(
                    "\(NumberText.count($0)) records",
                    [("records", .count($0)), ("tables", .counts(normalizer.rowCounts))])
            }
            try intake.run()
            progress.finish()
            try LoaderInquiry(run: lines.run ?? "", lines: lines, messages: messages).ask(
                about: normalizer.lanes.map(\.job))
            try normalizer.finish { outcome in
                outcomes.append(outcome)
                if let package = outcome.package {
                    lines.print(
                        .package(
                            loadID: package.loadID.text, path: package.path, pipeline: outcome.pipeline,
                            rows: package.rows, waited: outcome.handsOnWaiting || outcome.wasThere, run: lines.run))
                }
                outcome.record(runKey: request.runKey)
            }
        } catch {
            normalizer.abandon()
            progress.finish()
            throw error
        }
        pipelines = outcomes.map { PackageLine.Pipeline(name: $0.pipeline, isUnnamed: $0.isUnnamed) }
        log.finish()
        if ExitStatus.isFailure(Int32(clamping: normalizer.inputStatus)) { lines.failedProgram = "dlt-extract" }
        summarize(outcomes, normalizer, log, messages, nanoseconds: Clock.monotonicNanoseconds() - started)
        return try status(of: normalizer, outcomes, messages)
    }

    private func status(
        of normalizer: Normalizer, _ outcomes: [Normalizer.Outcome], _ messages: Messages
    ) throws -> Int32 {
        if normalizer.truncation != nil {
            let isEmpty = outcomes.allSatisfy { $0.package == nil }
            messages.error(
                "the input ended without its END: the program before dlt-normalize died",
                hint: isEmpty
                    ? "nothing was published; run the pipe again"
                    : "the records that its last STATE covers were published; run the pipe again for the rest",
                status: .temporary)
            return ExitStatus.temporary.rawValue
        }
        // A check keeps no memory, and forgets none.
        let spools = check ? [] : normalizer.lanes.map(\.job.spool)
        if normalizer.inputStatus != 0 {
            // Status 10 hides that; the last run of the chunks reports it.
            if normalizer.inputStatus == Int(ExitStatus.more.rawValue), normalizer.rejected > 0 {
                try spools.first?.noteLeftOut(normalizer.rejected)
            }
            return Int32(clamping: normalizer.inputStatus)
        }
        let before = spools.reduce(0) { $0 + $1.leftOutBefore() }
        if before > 0 {
            let things = before == 1 ? "row or value" : "rows or values"
            messages.warning("earlier chunks have left out \(NumberText.count(before)) \(things)")
            for spool in spools { spool.forgetLeftOut() }
        }
        return normalizer.rejected + before > 0 ? ExitStatus.someSetAside.rawValue : ExitStatus.done.rawValue
    }

    private static func explained(_ error: any Error) -> any Error {
        switch error {
        case is Stopped: return Stopped(hint: "nothing was published; run the whole pipe again")
        case let error as SystemError where error.isInterruption && StopSignal.requested: return explained(Stopped())
        case let error as LineTooLong:
            return ProgramError(
                .data, "unable to read the input: \(error)",
                hint: "raise --max-memory to at least four times the longest line")
        case let error as SchemaDocumentError:
            return ProgramError(.data, "unable to use the schema: \(error)")
        default: return error
        }
    }

    private func makeRequest() throws -> NormalizeRequest {
        let (dataDirectory, messages) = (common.dataDirectory, common.messages)
        let mode: NormalizeRequest.Mode =
            if let table { .table(table) } else if let tableFrom { .tableFrom(tableFrom) } else { .stream }
        var request = NormalizeRequest(
            mode: mode,
            spool: { pipeline in
                guard let spool = Spool(dataDirectory: dataDirectory, pipeline: pipeline) else {
                    throw ProgramError(
                        .usage, "unable to use \"\(pipeline)\" as a pipeline: it cannot be a folder's name",
                        hint: "name the pipeline with --pipeline")
                }
                return spool.reportingWaits { [messages = messages] in messages.note($0) }
            },
            pipeline: common.pipelineName,
            hints: try StreamHints(hintOptions, maximumNesting: maxTableNesting),
            naming: naming, identifierLimit: maxIdentifierLength ?? destination?.kind.identifierLimit,
            overlay: try schema.map(SchemaOverlay.document), runKey: runKey, again: again, acceptsPart: partialOk,
            rotation: RotationLimits(items: fileMaxItems ?? .max, bytes: fileMaxBytes.map { Int64($0.bytes) } ?? .max),
            buffering: BufferLimits(
                items: bufferMaxItems, tableBytes: min(1 << 20, maxMemory.bytes / 8), totalBytes: maxMemory.bytes / 8),
            maximumLineBytes: maxMemory.bytes / 4,
            rejects: try rejects.map { try LineTarget(check ? "/dev/null" : $0) },
            events: try check ? nil : events.map { try LineTarget($0) })
        request.isCheck = check
        request.keepsOrigins = keepOrigins
        request.changes = TableChanges(changeOptions, dataDirectory: dataDirectory)
        request.destination = destination?.kind
        return request
    }
}

extension NormalizeProgram {
    package static func advice(on arguments: [String], unexpected file: String) -> UsageAdvice? {
        let name = Paths.lastComponent(file).prefix { $0 != "." }
        let others = arguments.filter { $0 != file }
        let table =
            others.contains { $0.hasPrefix("--table") } ? [] : ["--table", name.isEmpty ? "NAME" : String(name)]
        return UsageAdvice(
            "dlt-normalize reads standard input, not '\(UsageAdvice.shown(file))'",
            hint: UsageAdvice.command(["dlt-normalize"] + table + others) + " < " + UsageAdvice.command([file]))
    }

    package static func failedToStart(_ status: ExitStatus) {
        guard Descriptor.standardOutput.isPipe else { return }
        let lines = PackageLinePrinter()
        lines.printEnd(status.rawValue)
    }

    package static func main() -> Never { Program.run(NormalizeProgram.self) }
}
