import Glibc
import JSONText
import ProgramSupport
import RecordStreams
import SystemIO

/// A program that prints messages, one JSON object a line, as taps of Singer and sources of Airbyte do.
///
/// Its stderr passes through. It has no standard input.
final class MessageProgram {
    /// How reading has ended.
    enum Ending: Equatable {
        /// The program closed its output; `failure` has its status.
        case closed
        /// The reader wants no more.
        case refused
        /// The user asked to stop.
        case stopped
        case outOfTime
    }

    /// The program's name, for messages.
    let name: String
    private var process: ChildProcess
    private var window: ByteWindow?
    private let output: Int32
    private var lines = WindowLines()
    private let tape = JSONTape()
    /// Called before a wait that may be long.
    var beforeWaiting: () throws -> Void = {}
    /// Takes a line that is not JSON; nil: such a line is an error. A message that is cut, or has a NaN, always is.
    var takeText: ((String) -> Void)?

    init(_ words: [String], environment: [String: String] = [:]) throws {
        name = MessageProgram.name(words)
        do throws(SystemError) {
            process = try ChildProcess.spawn(argv: words, environment: environment, stdin: .null)
        } catch {
            throw MessageProgram.unableToRun(words[0], error)
        }
        guard let pipe = process.standardOutput.take() else {
            throw ProgramError(.internalError, "unable to run \(words[0]): it has no output")
        }
        pipe.enlargePipe()
        output = pipe.raw
        window = ByteWindow(DescriptorSource(pipe))
    }

    static func unableToRun(_ program: String, _ error: SystemError) -> ProgramError {
        let usual = ProgramError(error)
        return ProgramError(
            usual.status, "unable to run \(program): \(error.reason)",
            hint: error.code == ENOENT
                ? "check the name; a command is found in PATH, or relative to the current folder" : usual.hint)
    }

    deinit { if window != nil { end() } }

    /// The base name of the program, of the script or module that an interpreter runs, or of the image or package that a launcher
    /// runs: sources that are run in the same way must not share a pipeline.
    static func name(_ words: [String]) -> String {
        func base(_ path: String) -> String { Paths.withoutExtension(Paths.lastComponent(path)) }
        guard let first = words.first else { return "" }
        let launchers = ["docker", "podman", "uv", "uvx", "pipx"]
        if launchers.contains(base(first)), words.count > 1, let last = words.last, !last.hasPrefix("-") {
            return String(Paths.lastComponent(last).prefix { $0 != ":" && $0 != "@" })
        }
        let interpreters = ["python", "python3", "sh", "bash", "node", "ruby"]
        if interpreters.contains(base(first)), words.count > 1 {
            if words.count > 2, words[1] == "-m" { return words[2] }
            if !words[1].hasPrefix("-") { return base(words[1]) }
        }
        return base(first)
    }

    /// Reads messages until the program closes its output or one of the other endings.
    ///
    /// - Parameters:
    ///   - deadline: of the monotonic clock, in nanoseconds.
    ///   - take: returns whether it wants more.
    func read(until deadline: Int64? = nil, _ take: (MessageLine) throws -> Bool) throws -> Ending {
        guard let window else { return .closed }
        while true {
            switch try wait(until: deadline) {
            case nil: break
            case let ending?: return ending
            }
            do { _ = try window.fill() } catch let error as TooLongToHold {
                throw ProgramError(
                    .data, "unable to read from \(name): a line is longer than \(error.maximum >> 20) MiB")
            }
            let wantsMore = try lines.offer(window) { line, number in
                do throws(JSONSyntaxError) { try tape.scan(line) } catch {
                    guard let takeText, !line.starts(with: "{\"".utf8) else { throw broken(number, "\(error)") }
                    takeText(String(decoding: line, as: UTF8.self))
                    return true
                }
                guard case .object = tape[0].kind, tape.depth <= JSONTape.recursionDepth else {
                    throw broken(number, "not a message")
                }
                defer { if tape.footprint > JSONTape.largestKept { tape.shrink() } }
                return try take(MessageLine(tape: tape, text: line, number: number))
            }
            if !wantsMore { return .refused }
            if window.isAtEnd { return .closed }
        }
    }

    private func broken(_ line: Int, _ reason: String) -> ProgramError {
        ProgramError(
            .data, "unable to read line \(line) of \(name): \(reason)",
            hint: "it should print messages to its stdout, one JSON object a line, and everything else to its stderr")
    }

    /// Waits until there is output; nil when there is.
    private func wait(until deadline: Int64?) throws -> Ending? {
        var polled = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: StopSignal.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        var isFirst = true
        while true {
            if StopSignal.requested { return .stopped }
            var milliseconds: Int32 = -1
            if let deadline {
                let left = deadline - Clock.monotonicNanoseconds()
                if left <= 0 { return .outOfTime }
                milliseconds = Int32(clamping: left / 1_000_000 + 1)
            }
            let count = poll(&polled, nfds_t(polled.count), isFirst ? 0 : milliseconds)
            if count > 0 { return StopSignal.requested ? .stopped : nil }
            if count < 0, errno != EINTR {
                throw ProgramError(.internalError, "unable to wait for \(name): error \(errno)")
            }
            if isFirst { try beforeWaiting() }
            isFirst = false
        }
    }

    /// Waits for the end of a program that has closed its output; nil when it succeeded, or else how it ended.
    func failure() -> String? {
        window = nil
        switch try? process.wait() {
        case .exited(0): return nil
        case .exited(let status): return "it ended with status \(status)"
        case .signaled(let number): return "it was ended by signal \(number)"
        case nil: return "its status is unknown"
        }
    }

    /// Ends a program whose further output is not wanted.
    func end() {
        window = nil
        _ = try? process.end()
    }
}
