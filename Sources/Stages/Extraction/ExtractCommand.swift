package import ArgumentParser
import Cursors
import Failures
import Glibc
import Identifiers
import LoadPackages
import PipelineStates
package import ProgramSupport
package import RecordSources
import RecordStreams
import RunJournals
import Schemas
import SystemIO

/// One subcommand of `dlt-extract`: the options of a source, those that all sources share, and the sequence of steps.
package struct ExtractCommand<Source: RecordSource>: GuidedCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Source.name, abstract: Source.abstract, discussion: Source.discussion)
    }

    package static var examples: [String] { Source.examples }

    package static var optionGroups: [OptionGroupTitle] {
        Source.optionGroups + [
            OptionGroupTitle("Source"), OptionGroupTitle("Incremental loading"), OptionGroupTitle("Limits"),
            OptionGroupTitle("Hints for the tables"), OptionGroupTitle("Windows of the past"),
            OptionGroupTitle("Starting over", ["--refresh"]),
        ]
    }

    @OptionGroup(title: "Source") var source: Source
    @OptionGroup(title: "Incremental loading") var cursor: CursorOptions
    @OptionGroup(title: "Windows of the past") var window: WindowOptions
    @OptionGroup(title: "Limits") var limits: ExtractLimits
    @OptionGroup(title: "Hints for the tables") var hints: HintOptions
    @OptionGroup(title: "Common options") var progressOption: ProgressOption
    @OptionGroup(title: "Common options") var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "Forget the state of this run's resources, and drop their tables (drop-resources) or empty them (drop-data); drop-sources "
                + "forgets and drops everything of the pipeline.", valueName: "mode"))
    var refresh: RefreshMode?

    package init() {}

    /// Opens the stream, lets the source deliver, and ends the stream whatever happened, so that the last program of
    /// the pipe learns how the first one ended.
    package func run() throws {
        let inquiry = SourceInquiry(
            dataDirectory: common.dataDirectory, hasWindow: window.from != nil && window.to != nil)
        if let answer = try source.answer(inquiry) {
            try Descriptor.standardOutput.writeAll(answer)
            return
        }
        StopSignal.install()
        // The parent process may ignore SIGPIPE; a closed pipe should end this program quietly anyway.
        signal(SIGPIPE, SIG_DFL)
        let began = Clock.monotonicNanoseconds()
        let output = Descriptor.standardOutput
        output.enlargePipe()
        let writer = StreamWriter(BufferedWriter(output))
        let messages = common.messages
        common.record(.extract)
        let progress = progressOption.line(messages, dataOnTerminal: true)

        let prepared = try opening(writer) { try source.prepare(dataDirectory: common.dataDirectory) }
        let pipeline = common.pipelineName ?? prepared.pipelineName ?? prepared.resources.first ?? Source.name
        var home = PipelineHome()
        let session = try opening(writer) {
            var request = try request(prepared)
            let spool = try spool(of: pipeline)
            RunRecorder.isAbout(spool)
            let stateSource = try stateSource(of: pipeline)
            let base = try spool.base(schema: stateSource)
            home = try spool.home()
            // Tables that will be dropped do not matter.
            request.columns = StoredColumns(
                refresh == nil || refresh == .dropData ? base.schema : nil, identifierLimit: home.identifierLimit ?? 63)
            var header = self.header(pipeline, base)
            header.runKey = window.key(pipeline: pipeline, resources: prepared.resources)
            header.again = window.again
            header.isUnnamed = common.pipelineName == nil && !prepared.namesPipeline
            header.refresh = refresh
            request.startsOver = refresh != nil
            RunRecorder.open(spool, base: header.base.document, runKey: header.runKey)
            if let made = try package(of: header, in: spool) {
                header.delivered = made.id.text
                try writer.write(header)
                try writer.writeEnd(exitStatus: 0, more: false)
                let has = made.place == .waiting ? "waits to be loaded" : "was loaded"
                messages.summary(
                    "nothing is read: package \(made.id) of this window or run key \(has); --again makes another",
                    [("records", .count(0)), ("delivered", .text(made.id.text))])
                return ExtractSession?.none
            }
            return try ExtractSession(
                writer, header: header, stateSource: stateSource,
                base: forgetting(base.state, stateSource, prepared), request: request, messages: messages,
                progress: progress)
        }
        guard let session else { return }
        let read: String
        do {
            read = try prepared.run(into: session)
            progress.finish()
            endInOrder()
            try session.finish()
        } catch {
            progress.finish()
            endInOrder()
            close(writer, after: error, complete: session.completeResources)
            throw stopping(error)
        }
        summarize(session, read, nanoseconds: Clock.monotonicNanoseconds() - began, messages)
        if session.recordCount == 0, prepared.remembersPlace, let destination = home.destination {
            messages.hint(
                "the records delivered before are in \(destination); `dlt-state reset --pipeline "
                    + "\(ShellWord.quoted(pipeline))` lets the next run deliver them again")
        }
        if StopSignal.requested { throw Stopped(hint: "run the same command again") }
        if session.chunkIsFull { throw ExitStatusSignal(.more) }
    }

    // MARK: Opening

    private func request(_ prepared: any PreparedSource) throws -> ExtractRequest {
        var settings = try cursor.settings(
            windows: window, sourceCursor: prepared.itemCursor?.field, resourcesHaveCursors: prepared.hasOwnCursors)
        if let obstacle = prepared.cursorObstacle, cursor.cursor != nil || window.from != nil {
            throw ValidationError("'\(cursor.cursor != nil ? "--cursor" : "--from")' cannot be used here: \(obstacle).")
        }
        // A source whose own items have the cursor delivers them in its order.
        if prepared.itemCursor != nil { settings?.rowOrder = .asc }
        if let settings { try check(settings, prepared) }
        if limits.chunkSize != nil, settings == nil, let options = prepared.chunksNeed {
            throw ValidationError(
                "'--chunk-size' without \(options.map { "'\($0)'" }.joined(separator: " or ")) would take the same records in "
                    + "each run: add \(options.count > 1 ? "one of them" : "it"), or use '--limit'.")
        }
        if settings?.lag != nil, hints.writeDisposition == "append" {
            throw ValidationError(
                "'--lag' delivers records again, which '--write-disposition append' would store twice: use merge, and "
                    + "name the key with '--primary-key'.")
        }
        return ExtractRequest(
            hints: try hints.hints(), primaryKey: try hints.primaryKeyNames, limit: limits.limit,
            chunkSize: limits.chunkSize, isPartial: prepared.remembersPlace || limits.isSet, cursor: settings,
            window: try settings == nil && prepared.hasOwnCursors ? cursor.ownWindow(window) : nil,
            itemCursor: prepared.itemCursor, hasTypedColumns: prepared.hasTypedColumns)
    }

    /// Refuses options that would lose or repeat records.
    private func check(_ settings: CursorSettings, _ prepared: any PreparedSource) throws {
        let limit = limits.limit != nil ? "--limit" : limits.chunkSize != nil ? "--chunk-size" : nil
        if settings.window != nil {
            if let limit {
                throw ValidationError(
                    "'\(limit)' cannot be used with a window, which is delivered whole or not at all.")
            }
            if prepared.remembersPlace {
                throw ValidationError("'--new' cannot be used with a window, which remembers nothing.")
            }
            if refresh != nil {
                throw ValidationError("'--refresh' cannot be used with a window: it would remove the other windows.")
            }
        } else if let limit, !settings.canStopAnywhere || prepared.itemCursor != nil {
            throw ValidationError(
                "'\(limit)' would skip records that the cursor has then passed: add '--row-order asc' if the source "
                    + "delivers in the order of the cursor, with a closed start.")
        }
    }

    private func header(_ pipeline: String, _ base: PackageBase) -> StreamHeader {
        StreamHeader(
            pipeline: pipeline, source: Source.name, extractID: RunRecorder.run.text,
            base: .init(
                stateVersion: base.stateVersion, stateHash: base.stateHash, schemaHash: base.schema?.versionHash,
                loadID: base.loadID?.text, sourcesHash: base.state.contentHash()))
    }

    /// The package that the run key made before.
    private func package(of header: StreamHeader, in spool: Spool) throws -> (id: LoadID, place: Spool.Place)? {
        guard let key = header.runKey, !header.again else { return nil }
        return try spool.package(withIdentity: LoadID.identity(runKey: key))
    }

    /// The state without the parts to be forgotten, unless the source does that itself.
    private func forgetting(_ state: StateTree, _ source: String, _ prepared: any PreparedSource) -> StateTree {
        var state = state
        guard let refresh else { return state }
        for subtree in state.subtrees where subtree.source == source {
            if refresh == .dropSources || subtree.resource.map(prepared.resources.contains) == true {
                state[subtree] = nil
            }
        }
        return state
    }

    private func spool(of pipeline: String) throws -> Spool {
        if let spool = Spool(dataDirectory: common.dataDirectory, pipeline: pipeline) {
            return spool.reportingWaits { [messages = common.messages] in messages.note($0) }
        }
        throw unusable(pipeline, "it cannot be a folder's name")
    }

    /// dlt keeps the memory of resources under the name of their schema.
    private func stateSource(of pipeline: String) throws -> String {
        do { return try defaultSchemaName(ofPipeline: pipeline) } catch { throw unusable(pipeline, "\(error)") }
    }

    private func unusable(_ pipeline: String, _ reason: String) -> ProgramError {
        ProgramError(
            .usage, "unable to use the pipeline name `\(pipeline)`: \(reason)", hint: "set another with --pipeline NAME"
        )
    }

    private func summarize(_ session: ExtractSession, _ read: String, nanoseconds: Int64, _ messages: Messages) {
        let records = session.recordCount
        let counts = session.counts
        for (name, count) in counts { messages.detail("\(name): \(NumberText.count(count, of: "record"))") }
        messages.summary(
            "\(NumberText.count(records, of: "record"))\(shares(counts)) from \(read) in "
                + NumberText.duration(nanoseconds: nanoseconds)
                + (session.droppedCount > 0 ? "; \(NumberText.count(session.droppedCount)) left out by the cursor" : "")
                + (session.more ? "; the source has more" : ""),
            [
                ("records", .count(records)), ("left_out", .count(session.droppedCount)),
                ("resources", .counts(Dictionary(counts.map { ($0.name, $0.count) }) { $0 + $1 })),
                ("more", .flag(session.more)),
                ("seconds", .number(Double(nanoseconds) / 1e9)),
            ])
    }

    /// The number of records of each resource, if a line has room for them.
    private func shares(_ counts: [(name: String, count: Int)]) -> String {
        if counts.count < 2 { return "" }
        let shown = counts.prefix(8).map { "\($0.name) \(NumberText.count($0.count))" }.joined(separator: ", ")
        return " (\(shown)" + (counts.count > 8 ? ", and \(counts.count - 8) more)" : ")")
    }

    /// If the run fails before there is a stream, an END alone reports that.
    private func opening<Result>(_ writer: StreamWriter, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch {
            close(writer, after: error)
            throw error
        }
    }

    /// The signal that stops this program mostly stops the reader, too. A closed pipe then is no reason to end without a word.
    private func endInOrder() { if StopSignal.requested { StopSignal.ignoreSIGPIPE() } }

    private func stopping(_ error: any Error) -> any Error {
        guard StopSignal.requested, (error as? SystemError)?.isBrokenPipe == true else { return error }
        return Stopped(hint: "run the same command again")
    }

    private func close(_ writer: StreamWriter, after error: any Error, complete: [String] = []) {
        let status =
            StopSignal.requested ? 128 + StopSignal.signalNumber : ExitStatus(of: error).rawValue
        // If the output failed, this fails too, and the error was reported already.
        try? writer.writeEnd(exitStatus: Int(status), more: false, complete: complete)
    }
}

/// How much of a source one run delivers.
struct ExtractLimits: ParsableArguments {
    @Option(help: ArgumentHelp("Read at most N records of each resource.", valueName: "n"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Read at most N records in this run, and end with status 10 when there are more; with --new or --cursor the next run "
                + "goes on from there.", valueName: "n")
    )
    var chunkSize: Int?

    package init() {}

    var isSet: Bool { limit != nil || chunkSize != nil }

    package func validate() throws {
        if let limit, limit < 1 { throw ValidationError("'--limit' must be at least 1.") }
        if let chunkSize, chunkSize < 1 { throw ValidationError("'--chunk-size' must be at least 1.") }
    }
}

extension RefreshMode: ExpressibleByArgument {
    package init?(argument: String) { self.init(rawValue: argument.replacing("-", with: "_")) }

    package static var allValueStrings: [String] { allCases.map { $0.rawValue.replacing("_", with: "-") } }
}
