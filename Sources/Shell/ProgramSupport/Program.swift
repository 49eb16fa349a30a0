package import ArgumentParser
import Glibc
import SystemIO

/// From arguments to exit status: the only place where errors become words and numbers.
package enum Program {
    /// The name the program was called by, without folders.
    package static var name: String { Paths.lastComponent(ProcessArguments.all.first ?? "dlt") }

    package static func run<Command: ParsableCommand>(_ type: Command.Type) -> Never {
        occupyStandardDescriptors()
        let status = status(type, Array(ProcessArguments.all.dropFirst()))
        RunRecorder.end(status)
        exit(status)
    }

    static func status<Command: ParsableCommand>(_ type: Command.Type, _ arguments: [String]) -> Int32 {
        // Needed before the arguments are parsed, because it also rules how their errors look.
        let messages = Messages(format: wantsJSON(arguments) ? .json : .text)
        do {
            if let request = HelpRequest(arguments, of: type) { return print(request.screen.text, messages) }
            if arguments == [HelpDump.option], let dump = HelpDump.text(of: type) { return print(dump, messages) }
            if let request = HelpRequest(missingCommandIn: arguments, of: type) {
                Terminal.write(request.screen.text)
                return failedToStart(type)
            }
            var command: any ParsableCommand
            do {
                command = try type.parseAsRoot(arguments)
            } catch {
                let status = answer(error, type, messages, arguments: arguments, fallback: .usage)
                return status == ExitStatus.usage.rawValue ? failedToStart(type) : status
            }
            try command.run()
            return ExitStatus.done.rawValue
        } catch {
            return report(error, type, messages)
        }
    }

    private static func failedToStart(_ type: any ParsableCommand.Type) -> Int32 {
        (type as? any PipedProgram.Type)?.failedToStart(.usage)
        return ExitStatus.usage.rawValue
    }

    private static func report(_ error: any Error, _ type: any ParsableCommand.Type, _ messages: Messages) -> Int32 {
        switch error {
        case let signal as ExitStatusSignal:
            return signal.status.rawValue
        case let stop as Stopped:
            return stopped(messages, hint: stop.hint)
        case let error as SystemError where error.isInterruption && StopSignal.requested:
            return stopped(messages, hint: nil)
        default:
            guard let words = ProgramError(of: error) else {
                return answer(error, type, messages, fallback: .internalError)
            }
            messages.error(words)
            return words.status.rawValue
        }
    }

    /// Handles the errors of ArgumentParser (requests for help, wrong usage, exit codes), and unexpected ones.
    private static func answer(
        _ error: any Error, _ type: any ParsableCommand.Type, _ messages: Messages, arguments: [String] = [],
        fallback: ExitStatus
    ) -> Int32 {
        let code = type.exitCode(for: error)
        if code.isSuccess {
            let text = type.fullMessage(for: error) + "\n"
            let isScript = arguments.first?.hasPrefix(CompletionScript.option) == true
            return print(isScript ? CompletionScript.mended(text, of: type) : text, messages)
        }
        if let code = error as? ExitCode { return code.rawValue }
        let isUsage = fallback == .usage || code == .validationFailure
        if isUsage {
            let full = type.fullMessage(for: error)
            // In text the word tells wrong usage from work that failed; in JSON the status does.
            let label = messages.format == .text ? "error: " : ""
            let usual = type.message(for: error)
            let advice = UsageAdvice.about(arguments, of: type, message: usual)
            messages.error(
                label + (advice?.message ?? usual), hint: advice?.hint ?? "see \(helpCommand(in: full, messages))",
                status: .usage)
            return ExitStatus.usage.rawValue
        }
        messages.error(
            "internal error: \(error)", hint: "this is a mistake in \(messages.program); please report it",
            status: .internalError)
        return ExitStatus.internalError.rawValue
    }

    /// ArgumentParser ends its usage with "See 'program subcommand --help' for more information."; it alone knows which.
    private static func helpCommand(in message: String, _ messages: Messages) -> String {
        for line in message.split(separator: "\n").reversed() {
            let words = line.drop { $0 == " " }
            guard words.hasPrefix("See '"), let end = words.lastIndex(of: "'") else { continue }
            return String(words[words.index(words.startIndex, offsetBy: 5)..<end])
        }
        return "\(messages.program) --help"
    }

    private static func print(_ text: String, _ messages: Messages) -> Int32 {
        let text = text == Version.text + "\n" ? "\(messages.program) \(text)" : text
        do throws(SystemError) {
            try Descriptor.standardOutput.writeAll(text)
            return ExitStatus.done.rawValue
        } catch {
            let error = ProgramError(error)
            messages.error(error)
            return error.status.rawValue
        }
    }

    private static func stopped(_ messages: Messages, hint: String?) -> Int32 {
        messages.error("stopped by \(StopSignal.signalName)", hint: hint, status: .temporary)
        if StopSignal.requested { RunRecorder.end(128 + StopSignal.signalNumber) }
        // A shell that runs us in a loop ends the loop only if it sees that we ended by the signal.
        StopSignal.endProcess()
        return ExitStatus.temporary.rawValue
    }

    private static func wantsJSON(_ arguments: [String]) -> Bool {
        arguments.contains("--log-format=json")
            || zip(arguments, arguments.dropFirst()).contains { $0 == "--log-format" && $1 == "json" }
    }

    /// A descriptor that was closed by our parent would be given to the next file we open, and data would go there.
    private static func occupyStandardDescriptors() {
        for raw: CInt in 0...2 where fcntl(raw, F_GETFD) < 0 {
            // The wrong direction on purpose: using it fails with EBADF, as on a closed descriptor.
            _ = open("/dev/null", raw == 0 ? O_WRONLY : O_RDONLY)
        }
    }
}

/// A program that the next one in a pipe waits for.
package protocol PipedProgram: ParsableCommand {
    /// Reports to the next program that this one never began; called after the message to the person.
    static func failedToStart(_ status: ExitStatus)
}
