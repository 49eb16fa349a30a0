import Destinations
import Failures
import Glibc
import JSONText
import SystemIO

/// A program under way that reads our lines.
final class TargetProgram {
    /// The program, or the script that an interpreter runs, for messages.
    let name: String
    private var process: ChildProcess
    private var input: BufferedWriter?
    private let answers: String?
    /// Whether its end was waited for.
    private var hasEnded = false

    /// - Parameters:
    ///   - line: a command line of the shell.
    ///   - keepsAnswers: whether its standard output is kept, to be read when it has ended; otherwise it goes to stderr.
    init(_ line: String, environment: [String: String], keepsAnswers: Bool) throws(DestinationError) {
        name = TargetProgram.name(line)
        do throws(SystemError) {
            if keepsAnswers {
                // Not a pipe: it would not be read while the program is fed, and a full one would stop both.
                let path = TemporaryName.path("answers")
                let file = try Descriptor.create(path, mode: 0o600, exclusive: true)
                answers = path
                process = try ChildProcess.spawn(
                    argv: ["sh", "-c", line], environment: environment, stdin: .pipe, stdout: .descriptor(file.raw))
                try file.close()
            } else {
                answers = nil
                process = try ChildProcess.spawn(
                    argv: ["sh", "-c", line], environment: environment, stdin: .pipe, stdout: .descriptor(2))
            }
        } catch {
            throw DestinationError(error, "unable to run \(name): \(error.reason)")
        }
        if let pipe = process.standardInput.take() {
            pipe.enlargePipe()
            input = BufferedWriter(pipe)
        }
    }

    deinit {
        abandon()
        if let answers { try? Files.remove(answers) }
    }

    private static func name(_ line: String) -> String {
        let words = line.split(separator: " ").prefix(2).map { Paths.lastComponent(String($0)) }
        guard let first = words.first else { return line }
        let isInterpreter = ["sh", "bash", "python", "python3", "node", "ruby", "perl"].contains(first)
        return isInterpreter && words.count > 1 && !words[1].hasPrefix("-") ? words[1] : first
    }

    /// A program that has ended is reported when its end is waited for, with its status.
    func write(_ body: (BufferedWriter) throws(SystemError) -> Void) throws(DestinationError) {
        guard let input else { return }
        do throws(SystemError) { try body(input) } catch {
            guard error.isBrokenPipe else {
                throw DestinationError(error, "unable to write to \(name): \(error.reason)")
            }
            try finish()
            throw DestinationError(
                .unavailable, "unable to load into \(name): it ended before it had read all rows",
                hint: "its own messages are above")
        }
    }

    /// Ends its input and waits for its end; its status must be 0.
    func finish() throws(DestinationError) {
        let writer = input.take()
        if let writer {
            do throws(SystemError) { try writer.close() } catch {
                // Its status says more.
                guard error.isBrokenPipe else {
                    throw DestinationError(error, "unable to write to \(name): \(error.reason)")
                }
            }
        }
        let outcome: ChildProcess.Outcome
        do throws(SystemError) { outcome = try process.wait() } catch {
            throw DestinationError(error, "unable to wait for \(name): \(error.reason)")
        }
        hasEnded = true
        switch outcome {
        case .exited(0): return
        case .exited(65):
            throw DestinationError(
                .data, "unable to load into \(name): it refuses the rows (status 65)",
                hint: "its own messages are above")
        case .exited(75):
            throw DestinationError(
                .temporary, "unable to load into \(name): it asks to try again (status 75)",
                hint: "its own messages are above")
        case .exited(127):
            throw DestinationError(
                .noInput, "unable to load into \(name): the shell does not find it",
                hint: "check the name; a command is found in PATH, or relative to the current folder")
        case .exited(let status):
            throw DestinationError(
                .unavailable, "unable to load into \(name): it ended with status \(status)",
                hint: "its own messages are above")
        case .signaled(let number):
            throw DestinationError(
                .unavailable, "unable to load into \(name): it was ended by signal \(number)",
                hint: "run the same command again")
        }
    }

    /// The lines that the program has printed, once it has ended.
    func answerLines() throws(DestinationError) -> [JSONValue] {
        guard let answers else { return [] }
        do throws(SystemError) {
            let text = try Files.readAll(answers)
            return text.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0)) }
        } catch {
            throw DestinationError(error, "unable to read what \(name) has printed: \(error.reason)")
        }
    }

    func abandon() {
        input = nil
        if !hasEnded { _ = try? process.end() }
        hasEnded = true
    }
}

/// Names of files that a program reads.
enum TemporaryName {
    static func path(_ purpose: String) -> String {
        var random = FastRandom()
        let folder = Environment.get("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        return Paths.join(folder, "dlt-\(purpose)-\(String(random.next(), radix: 36))")
    }
}
