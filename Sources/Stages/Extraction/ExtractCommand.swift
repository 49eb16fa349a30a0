package import ArgumentParser
import Glibc
import LoadPackages
import PipelineStates
import ProgramSupport
package import RecordSources
import RecordStreams
import SystemIO

/// One subcommand of `dlt-extract`: the options of a source beside those that all sources share, and the flow.
package struct ExtractCommand<Source: RecordSource>: ParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Source.name, abstract: Source.abstract,
            discussion: Source.discussion + "\n\nEXIT STATUS\n" + ExitStatus.table)
    }

    @OptionGroup(title: "Source") var source: Source
    @OptionGroup(title: "Limits") var limits: ExtractLimits
    @OptionGroup(title: "Hints for the tables") var hints: HintOptions
    @OptionGroup(title: "Common options") var common: CommonOptions

    package init() {}

    /// Opens the stream, lets the source deliver, and closes the stream whatever happened, so that the last program of the
    /// pipe learns how the first one ended.
    package func run() throws {
        if let answer = try source.inquiry() {
            try Descriptor.standardOutput.writeAll(answer)
            return
        }
        StopSignal.install()
        // Whoever started us may ignore it; a reader that went away is to end us quietly all the same.
        signal(SIGPIPE, SIG_DFL)
        let began = Clock.monotonicNanoseconds()
        let output = Descriptor.standardOutput
        output.enlargePipe()
        let writer = StreamWriter(BufferedWriter(output))
        let messages = common.messages
        let progress = common.progressLine(dataOnTerminal: true)

        let prepared = try opening(writer, pipeline: nil) { try source.prepare() }
        let pipeline = common.pipelineName ?? prepared.pipelineName ?? prepared.resources.first ?? Source.name
        let session = try opening(writer, pipeline: pipeline) {
            let request = ExtractRequest(
                hints: try hints.hints(), primaryKey: try hints.primaryKeyNames, limit: limits.limit,
                chunkSize: limits.chunkSize, isPartial: prepared.remembersPlace || limits.isSet)
            return try ExtractSession(
                writer, pipeline: pipeline, source: Source.name, base: try base(of: pipeline), request: request,
                messages: messages, progress: progress)
        }
        let read: String
        do {
            read = try prepared.run(into: session)
            progress.finish()
            try session.finish()
        } catch {
            progress.finish()
            close(writer, after: error, complete: session.completeResources)
            throw error
        }
        summarize(session, read, nanoseconds: Clock.monotonicNanoseconds() - began, messages)
        if StopSignal.requested { throw Stopped(hint: "run the same command again") }
        if session.chunkIsFull { throw ExitStatusSignal(.more) }
    }

    private func summarize(_ session: ExtractSession, _ read: String, nanoseconds: Int64, _ messages: Messages) {
        let records = session.recordCount
        messages.summary(
            "\(NumberText.count(records, of: "record")) from \(read) in "
                + NumberText.duration(nanoseconds: nanoseconds) + (session.more ? "; the source has more" : ""),
            [
                ("records", .count(records)), ("more", .flag(session.more)),
                ("seconds", .number(Double(nanoseconds) / 1e9)),
            ])
    }

    private func base(of pipeline: String) throws -> PackageBase {
        guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: pipeline) else {
            throw ProgramError(
                .usage, "unable to use the pipeline name `\(pipeline)`: it is not a name for a folder",
                hint: "set another with --pipeline NAME")
        }
        return try spool.base(schema: pipeline)
    }

    /// Where it fails before there is a stream, makes one that says so.
    private func opening<Result>(_ writer: StreamWriter, pipeline: String?, _ body: () throws -> Result) throws
        -> Result
    {
        do { return try body() } catch {
            let name = pipeline ?? common.pipelineName ?? Source.name
            try? writer.write(
                StreamHeader(pipeline: name, source: Source.name, extractID: ExtractSession.newID(), base: .init()))
            close(writer, after: error)
            throw error
        }
    }

    private func close(_ writer: StreamWriter, after error: any Error, complete: [String] = []) {
        let status: Int32 =
            switch error {
            case _ where StopSignal.requested: 128 + StopSignal.signalNumber
            case let error as ProgramError: error.status.rawValue
            case let error as any ProgramErrorConvertible: error.programError.status.rawValue
            case let error as SystemError: ProgramError(error).status.rawValue
            case is ValidationError: ExitStatus.usage.rawValue
            default: ExitStatus.internalError.rawValue
            }
        // When it is the output that failed, this fails too, and the error is told already.
        try? writer.writeEnd(exitStatus: Int(status), more: false, complete: complete)
    }
}

/// How much of a source one run takes.
struct ExtractLimits: ParsableArguments {
    @Option(help: ArgumentHelp("Take at most so many records of each resource.", valueName: "count"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Take at most so many records in this run, and end with status 10 when there are more.", valueName: "count")
    )
    var chunkSize: Int?

    package init() {}

    var isSet: Bool { limit != nil || chunkSize != nil }

    package func validate() throws {
        if let limit, limit < 1 { throw ValidationError("'--limit' must be at least 1.") }
        if let chunkSize, chunkSize < 1 { throw ValidationError("'--chunk-size' must be at least 1.") }
    }
}
