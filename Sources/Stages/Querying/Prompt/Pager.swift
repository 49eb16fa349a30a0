import Glibc
import JSONText
import ProgramSupport
import SystemIO

/// Rows on a terminal: those that do not fit on the screen go through the user's pager.
struct Pager {
    /// A command for the shell; nil for none.
    private let command: String?
    private let lines: Int

    /// `PAGER`, or else less, where it is installed.
    static var user: Pager {
        let command = Environment.get("PAGER") ?? (isInstalled("less") ? "less" : "")
        let isUsable = !command.allSatisfy { $0 == " " } && Descriptor.standardInput.isTerminal
        return Pager(command: isUsable ? command : nil, lines: Descriptor.standardOutput.terminalRows ?? .max)
    }

    private static func isInstalled(_ program: String) -> Bool {
        (Environment.get("PATH") ?? "").split(separator: ":").contains {
            Files.exists(Paths.join(String($0), program))
        }
    }

    private init(command: String?, lines: Int) {
        self.command = command
        self.lines = lines
    }

    func write(_ body: (OutputWriter) throws -> Void) throws {
        guard let command, Descriptor.standardOutput.isTerminal else {
            let writer = OutputWriter(.standardOutput)
            try body(writer)
            return try writer.close(synchronizing: false)
        }
        let running = RunningPager(command)
        // Ends when it has shown the rows; what is typed until then is for it.
        defer { running.wait() }
        let writer = OutputWriter { bytes throws(SystemError) in
            // The line that the next prompt takes is one of the screen's.
            if bytes.count(where: { $0 == 0x0A }) < lines { return OutputWriter.unbuffered(.standardOutput) }
            return OutputWriter.unbuffered(try running.start())
        }
        do {
            try body(writer)
            try writer.close(synchronizing: false)
        } catch {
            // Its open input would keep the pager waiting.
            writer.abandon()
            throw error
        }
    }
}

private final class RunningPager {
    private let command: String
    private var process: ChildProcess?

    init(_ command: String) { self.command = command }

    func start() throws(SystemError) -> Descriptor {
        // As git does: it ends by itself where everything fits, shows colors, and leaves the screen as it is.
        let less = Environment.get("LESS") == nil ? ["LESS": "FRX"] : [:]
        var started = try ChildProcess.spawn(
            argv: ["sh", "-c", command], environment: less, stdin: .pipe, stdout: .inherit)
        let input = started.standardInput.take()
        process = consume started
        guard let input else { throw SystemError(code: EPIPE, operation: "write", object: command) }
        return input
    }

    func wait() {
        guard var running = process.take() else { return }
        _ = try? running.wait()
    }
}
