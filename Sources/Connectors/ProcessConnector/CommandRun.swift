import FileConnector
import Glibc
import ProgramSupport
import RecordSources
import RecordStreams
import SystemIO

struct PlannedCommand: Equatable {
    let resource: String
    let words: [String]
    /// It reads our standard input; otherwise it has none.
    let takesInput: Bool

    /// What the user wrote, for messages.
    var text: String {
        let words =
            words.count == 3 && words[0] == "sh" && words[1] == "-c"
            ? words[2].split(separator: " ").map(String.init) : words
        return (words.first ?? "") + (words.count > 1 ? " …" : "")
    }

    /// The same with the script that a program was given: people know what they run by it. Other arguments may be secrets.
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

/// Runs commands, several at once, and hands over their lines from one thread: whole lines of whichever has some.
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
        // Nobody reads them any more; they are to end before we do.
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

    /// Waits until one has something to say or has ended; false when a stop was requested.
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
                ? "check the name; it is looked for in PATH, or relative to the current folder" : usual.hint)
    }

    private static func report(_ failures: [ProgramError]) throws {
        guard let first = failures.first else { return }
        if failures.count == 1 { throw first }
        throw ProgramError(
            first.status, failures.map(\.message).joined(separator: "; "),
            hint: "the other commands have been read to their end; see what these ones say above")
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
    /// Each line is a record; nil as long as too little has come to tell.
    private var isLines: Bool?
    /// The line that follows the last record.
    private var nextLine = 0
    private var records = 0
    /// To be polled.
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

    /// Reads once and hands over the lines that are complete; what is no lines is read to its end.
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
        case nil: ending = "how it ended is not known"
        }
        return ProgramError(
            .unavailable, "unable to read all of \(command.resource): `\(command.text)`: \(ending)",
            hint: "run the command by itself to see why; its records so far were sent, but will not be loaded")
    }

    /// Ends a command that has more to say than anybody wants to hear.
    func end() {
        window = nil
        process.signal(SIGTERM)
        // One that is cleaning up may take its time, but not forever.
        for _ in 0..<250 where isRunning { usleep(20_000) }
        if isRunning { process.signal(SIGKILL) }
        _ = try? process.wait()
    }

    private var isRunning: Bool {
        var info = siginfo_t()
        // Only looks: the process stays to be waited for, so that its number cannot become a stranger's.
        let result = waitid(P_PID, id_t(process.processID), &info, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && info.si_signo == 0
    }
}
