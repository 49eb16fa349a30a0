import FileConnector
import Glibc
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

struct PlannedCommand: Equatable {
    let resource: String
    let words: [String]
    /// Whether the command reads our standard input; otherwise it has none.
    let takesInput: Bool

    /// The user's words, for messages.
    var text: String {
        let words =
            words.count == 3 && words[0] == "sh" && words[1] == "-c"
            ? words[2].split(separator: " ").map(String.init) : words
        return (words.first ?? "") + (words.count > 1 ? " …" : "")
    }

    /// The command with the script that an interpreter runs, which users recognize. Other arguments may be secrets.
    var shown: String {
        guard words.count > 1, !(words[0] == "sh" && words[1] == "-c"), Self.isScript(words[1]) else { return text }
        return "\(words[0]) \(words[1])" + (words.count > 2 ? " …" : "")
    }

    private static func isScript(_ word: String) -> Bool {
        guard word.utf8.contains(UInt8(ascii: ".")), word.utf8.first != UInt8(ascii: "-"), word.utf8.count <= 60 else {
            return false
        }
        return word.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
    }
}

/// Runs commands, several at once, and delivers their lines from one thread: whole lines of any command that has some.
struct CommandRun: PreparedSource {
    let commands: [PlannedCommand]
    let text: PrintedText
    let workers: Int

    var resources: [String] { commands.map(\.resource) }
    var remembersPlace: Bool { false }
    var chunksNeed: [String]? { ["--cursor"] }

    func run(into sink: any RecordSink) throws -> String {
        let handles = try commands.map { try sink.begin($0.resource) }
        var waiting = Array(zip(commands, handles))[...]
        var running: [RunningCommand] = []
        var failures: [ProgramError] = []
        // Nothing reads their output any more; they should end before this program does.
        defer { running.forEach { $0.end() } }

        while true {
            while running.count < workers, let (command, handle) = waiting.popFirst() {
                sink.isReading(command.text)
                let range = sink.range(of: handle)
                do { running.append(try RunningCommand(command, text, handle, range?.variables ?? [:])) } catch let
                    error
                    as SystemError
                {
                    failures.append(Self.unableToStart(command, error))
                }
            }
            if running.isEmpty { break }
            if try !wait(for: running, sink) { return summary }
            for command in running where command.isReady {
                switch try command.deliver(into: sink) {
                case .more: continue
                case .stop: return summary
                case .full: command.end()
                case .ended: if let failure = command.failure() { failures.append(failure) }
                }
                running.removeAll { $0 === command }
            }
        }
        if StopSignal.requested { return summary }
        try Self.report(failures)
        return summary
    }

    private var summary: String { "\(commands.count) \(commands.count == 1 ? "command" : "commands")" }

    /// Waits until a command has output or has ended; false after a request to stop.
    private func wait(for commands: [RunningCommand], _ sink: any RecordSink) throws -> Bool {
        var polled = commands.map { pollfd(fd: $0.output, events: Int16(POLLIN), revents: 0) }
        polled.append(pollfd(fd: StopSignal.descriptor, events: Int16(POLLIN), revents: 0))
        if poll(&polled, nfds_t(polled.count), 0) == 0 {
            try sink.flush()
            while poll(&polled, nfds_t(polled.count), -1) < 0 {
                if errno != EINTR { throw ProgramError(.internalError, "unable to wait for commands: error \(errno)") }
            }
        }
        for (command, entry) in zip(commands, polled) { command.isReady = entry.revents != 0 }
        return !StopSignal.requested
    }

    private static func unableToStart(_ command: PlannedCommand, _ error: SystemError) -> ProgramError {
        let usual = ProgramError(error)
        return ProgramError(
            usual.status, "unable to run \(command.words[0]): \(error.reason)",
            hint: error.code == ENOENT
                ? "check the name; a command is found in PATH, or relative to the current folder" : usual.hint)
    }

    private static func report(_ failures: [ProgramError]) throws {
        guard let first = failures.first else { return }
        if failures.count == 1 { throw first }
        throw ProgramError(
            first.status, failures.map(\.message).joined(separator: "; "),
            hint: "the other commands were read to their end; see the messages of these above")
    }
}

/// A command under way.
private final class RunningCommand {
    private let command: PlannedCommand
    private let handle: Int
    private var process: ChildProcess
    private var window: ByteWindow?
    private let text: PrintedText
    private var lines = WindowLines()
    /// Whether each line is a record; nil while the output is too short to decide.
    private var isLines: Bool?
    /// The line after the last record.
    private var nextLine = 0
    private var records = 0
    /// The descriptor to poll.
    let output: Int32
    var isReady = false

    init(_ command: PlannedCommand, _ text: PrintedText, _ handle: Int, _ environment: [String: String]) throws {
        self.command = command
        self.text = text
        self.handle = handle
        process = try ChildProcess.spawn(
            argv: command.words, environment: environment, stdin: command.takesInput ? .inherit : .null)
        guard let pipe = process.standardOutput.take() else {
            throw ProgramError(.internalError, "unable to run \(command.text): it has no output")
        }
        pipe.enlargePipe()
        output = pipe.raw
        window = ByteWindow(DescriptorSource(pipe))
    }

    enum Step { case more, full, stop, ended }

    /// Reads once and delivers the complete lines; output that does not consist of lines is read to its end.
    func deliver(into sink: any RecordSink) throws -> Step {
        guard let window else { return .ended }
        do {
            _ = try window.fill()
        } catch let error as TooLongToHold {
            throw ProgramError(
                .data, "unable to read from \(command.text): a line is longer than \(error.maximum >> 20) MiB")
        }
        isLines = isLines ?? text.isLines(window.bytes, isAll: window.isAtEnd)
        guard let isLines else { return .more }
        if !isLines {
            let answer = try text.read(
                window, title: "the output of \(command.text)", of: command.resource,
                at: RecordPlace(.command(command.shown)), into: sink)
            return step(after: answer, isAtEnd: true)
        }
        var answer = SinkAnswer.taken
        _ = try lines.offer(window) { line, number in
            if nextLine == 0, text.guesses, let found = MessageProtocol(firstLine: line) { throw refusal(found) }
            if number != nextLine {
                sink.isAt(RecordPlace(.command(command.shown), line: number, number: records + 1), of: handle)
            }
            nextLine = number + 1
            records += 1
            answer = try sink.take(line, of: handle)
            return answer.wantsMore
        }
        return step(after: answer, isAtEnd: window.isAtEnd)
    }

    private func refusal(_ found: MessageProtocol) -> ProgramError {
        ProgramError(
            .usage, "unable to read the output of \(command.text): it consists of \(found.title), not of records",
            hint: found.advice(command.text))
    }

    private func step(after answer: SinkAnswer, isAtEnd: Bool) -> Step {
        switch answer {
        case .resourceIsFull, .sequenceHasEnded: .full
        case .stop: .stop
        case .taken, .leftOut: isAtEnd ? .ended : .more
        }
    }

    /// Waits for the end of a command that has closed its output.
    func failure() -> ProgramError? {
        window = nil
        let ending: String
        switch try? process.wait() {
        case .exited(0): return nil
        case .exited(let status): ending = "it ended with status \(status)"
        case .signaled(let number): ending = "it was ended by signal \(number)"
        case nil: ending = "its status is unknown"
        }
        return ProgramError(
            .unavailable, "unable to read all of \(command.resource): `\(command.text)`: \(ending)",
            hint: "run the command by itself to see why; its records were sent, but will not be loaded")
    }

    /// Ends a command whose further output is not wanted.
    func end() {
        window = nil
        _ = try? process.end()
    }
}
