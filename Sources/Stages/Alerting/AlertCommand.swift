package import ArgumentParser
import HTTP
import InspectionSupport
import JSONText
import LoadPackages
package import ProgramSupport
import Schemas
import SystemIO

/// `dlt-schema alert`: sends schema changes and broken contracts to people.
package struct AlertCommand: GuidedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "Send schema changes and broken contracts as one message.",
        discussion: """
            Reads the events that 'dlt-normalize --events FILE' appends to a file, or with --history the changes of the pipeline's \
            schema since the last message. Equal events are sent as one, and each event is sent once. Without events nothing is sent.

            The URL of a webhook is a secret. Rather than on the command line, where others may see it, it can stand in a file \
            (@file) or in the environment: DLT_SLACK_WEBHOOK (or dlt's RUNTIME__SLACK_INCOMING_HOOK) and DLT_WEBHOOK. \
            Messages do not quote data unless --with-values is given.
            """)

    package static let examples = [
        "dlt-schema alert events.ndjson --command 'mail -s dlt me@example.com'",
        "dlt-schema alert events.ndjson --slack-webhook @webhook.txt",
    ]

    package static let optionGroups = [
        OptionGroupTitle("Where it goes", ["--slack-webhook", "--webhook", "--command", "--dry-run"]),
        OptionGroupTitle("What is sent", ["--history", "--schema-name", "--all", "--with-values"]),
        OptionGroupTitle("Trying again", ["--retries", "--retry-wait", "--timeout"]),
    ]

    @Argument(
        help: ArgumentHelp("A file of events, or - for standard input.", valueName: "events"), completion: .file())
    var events: String?

    @Flag(help: "Send the changes of the schema since the last message.")
    var history = false

    @Flag(help: "Send all events of the file, also those that were sent before.")
    var all = false

    @Option(help: ArgumentHelp("Post to this incoming webhook of Slack.", valueName: "url"))
    var slackWebhook: String?

    @Option(help: ArgumentHelp("Post the message and its events as JSON to this URL.", valueName: "url"))
    var webhook: String?

    @Option(help: ArgumentHelp("Run this command with the message as its input.", valueName: "cmd"))
    var command: String?

    @Flag(help: "Print the message instead of sending it.")
    var dryRun = false

    @Flag(help: "Quote values of the data.")
    var withValues = false

    @Option(help: ArgumentHelp("Number of further tries when the server refuses the message.", valueName: "n"))
    var retries = 4

    @Option(
        help: ArgumentHelp(
            "Seconds before the second try; they double before each later one.", valueName: "seconds"))
    var retryWait = 1.0

    @Option(help: ArgumentHelp("Seconds that one try may take.", valueName: "seconds"))
    var timeout = 10.0

    @Option(help: ArgumentHelp("Name of the schema, if there are several.", valueName: "name"))
    var schemaName: String?

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    package init() {}

    package func validate() throws {
        if history && events != nil { throw ValidationError("Events and '--history' cannot be used together.") }
        if [slackWebhook, webhook, command].count(where: { $0 != nil }) > 1 {
            throw ValidationError("'--slack-webhook', '--webhook' and '--command' cannot be used together.")
        }
        if !(0...20 ~= retries) { throw ValidationError("'--retries' takes 0 to 20.") }
        if !(retryWait >= 0 && retryWait <= 3600) { throw ValidationError("'--retry-wait' takes seconds, up to 3600.") }
        if !(timeout > 0 && timeout <= 3600) { throw ValidationError("'--timeout' takes seconds, up to 3600.") }
    }

    package func run() throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let receiver = try dryRun ? nil : receiver()
        let memory = history ? try AlertMemory(common, schemaName) : nil
        var digest = EventDigest(quotesValues: withValues)
        var told: (file: EventsFile, end: Int64)?
        if let memory { digest.take(memory.changes) } else { told = try read(into: &digest) }
        guard !digest.isEmpty else { return common.messages.summary("there are no events, so no message was sent") }
        let message = AlertMessage(digest, pipeline: common.pipelineName ?? memory?.pipeline)
        guard let receiver else {
            return try output.json ? Output.write(message.document, json: true) : Output.write(message.text + "\n")
        }
        try receiver.send(message)
        try memory?.remember()
        try told?.file.remember(told?.end ?? 0)
        common.messages.summary("reported \(digest.summary) by \(receiver.name)")
    }

    /// Returns the file and the end of its last event, if it is a file.
    private func read(into digest: inout EventDigest) throws -> (file: EventsFile, end: Int64)? {
        guard let events, events != "-" else {
            try read(Descriptor.standardInput, "standard input", into: &digest)
            return nil
        }
        let input = try Descriptor.openForReading(events)
        guard let file = try EventsFile(events, dataDirectory: common.dataDirectory, all: all) else {
            try read(input, events, into: &digest)
            return nil
        }
        try input.seek(to: file.start)
        return (file, file.start + (try read(input, events, into: &digest)))
    }

    /// Returns the number of bytes of the events. A last line without a newline is still being written.
    @discardableResult
    private func read(
        _ input: consuming Descriptor, _ name: String, into digest: inout EventDigest
    ) throws -> Int64 {
        let isFile = input.isRegularFile
        let reader = LineReader(input)
        var bytes: Int64 = 0
        while let line = try reader.next() {
            if isFile && !line.hadNewline { break }
            bytes += Int64(line.takenBytes)
            if skipWhitespace(line.bytes, 0) == line.bytes.count { continue }
            do throws(JSONSyntaxError) {
                let event = try JSONValue(parsing: line.bytes)
                if let object = event.objectValue, event["event"]?.stringValue != nil {
                    digest.take(object)
                    continue
                }
            } catch {
                throw unreadable(name, line.number, "not JSON: \(error)")
            }
            throw unreadable(name, line.number, "not an event")
        }
        return bytes
    }

    private func unreadable(_ name: String, _ line: Int, _ reason: String) -> ProgramError {
        ProgramError(
            .data, "unable to read line \(line) of \(name): \(reason)",
            hint: "expected the lines that `dlt-normalize --events` writes")
    }

    private func receiver() throws -> AlertReceiver {
        let trial = AlertReceiver.Trial(
            retries: retries, waitMilliseconds: Int(retryWait * 1000), timeoutMilliseconds: Int(timeout * 1000))
        if let command { return .command(command) }
        if let slackWebhook { return .slack(try AlertReceiver.secret(slackWebhook, "--slack-webhook"), trial) }
        if let webhook { return .webhook(try AlertReceiver.secret(webhook, "--webhook"), trial) }
        func environment(_ names: String...) -> String? {
            names.compactMap { Environment.get($0) }.first { !$0.isEmpty }
        }
        if let url = environment("DLT_SLACK_WEBHOOK", "RUNTIME__SLACK_INCOMING_HOOK") {
            return .slack(try AlertReceiver.secret(url, "DLT_SLACK_WEBHOOK"), trial)
        }
        if let url = environment("DLT_WEBHOOK") { return .webhook(try AlertReceiver.secret(url, "DLT_WEBHOOK"), trial) }
        throw ProgramError(
            .usage, "unable to send the message: no receiver is named",
            hint: "use --slack-webhook, --webhook or --command, or set DLT_SLACK_WEBHOOK; --dry-run prints the message")
    }
}
