import Glibc
import SystemIO

/// A person at a terminal of 80 columns and 24 rows: types keys, and waits for what appears. Nothing waits for a time.
package final class PseudoTerminal {
    package struct Absence: Error, CustomStringConvertible {
        package let text: String
        package let screen: String
        package var description: String { "\(text.debugDescription) did not appear; seen was:\n\(screen)" }
    }

    private let keyboard: Descriptor
    private let output: Descriptor
    private var process: ChildProcess
    private var seen: [UInt8] = []
    /// What was waited for already.
    private var place = 0

    /// - Parameter command: for a shell, which finds the built programs by name.
    package init(_ command: String, environment: [String: String], currentDirectory: String) throws {
        let path = Environment.get("PATH") ?? "/usr/bin:/bin"
        let neutral = [
            "PATH": "\(buildFolder):\(path)", "TERM": "xterm", "NO_COLOR": "1", "DLT_PIPELINE": "", "TZ": "UTC",
            "LC_ALL": "C.UTF-8", "PAGER": "",
        ]
        // `script` is of every Linux system; it hands over keys and what appears. The limit is for what hangs.
        var started = try ChildProcess.spawn(
            argv: [
                "timeout", "-k", "5", "120", "script", "--quiet", "--return", "--flush", "--command",
                "stty cols 80 rows 24; exec " + command, "/dev/null",
            ], environment: neutral.merging(environment) { $1 }, directory: currentDirectory, stdin: .pipe,
            stdout: .pipe)
        guard let keyboard = started.standardInput.take(), let output = started.standardOutput.take() else {
            throw Absence(text: "a terminal", screen: "")
        }
        self.keyboard = keyboard
        self.output = output
        process = started
    }

    /// Everything that has appeared since the last wait.
    package var screen: String { String(decoding: seen[place...], as: UTF8.self) }

    package func type(_ keys: String) throws { try keyboard.writeAll(keys) }

    /// Waits until a text appears after what was waited for before.
    ///
    /// - Returns: what appeared until then.
    @discardableResult
    package func wait(for text: String, seconds: Double = 60) throws -> String {
        let wanted = Array(text.utf8)
        let deadline = Clock.monotonicNanoseconds() + Clock.nanoseconds(seconds)
        while true {
            if let found = seen[place...].firstRange(of: wanted) {
                defer { place = found.upperBound }
                return String(decoding: seen[place..<found.upperBound], as: UTF8.self)
            }
            var poll = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            let left = Int32(clamping: (deadline - Clock.monotonicNanoseconds()) / 1_000_000)
            guard left > 0, Glibc.poll(&poll, 1, left) > 0, try take() else {
                throw Absence(text: text, screen: String(decoding: seen, as: UTF8.self))
            }
        }
    }

    /// - Returns: false at the end.
    private func take() throws -> Bool {
        var block = [UInt8](repeating: 0, count: 4096)
        let count = block.withUnsafeMutableBytes { Glibc.read(output.raw, $0.baseAddress, $0.count) }
        guard count > 0 else { return false }
        seen += block[..<count]
        return true
    }

    /// Reads to the end of the program.
    package func end() throws -> Int32 {
        while try take() {}
        return try process.wait().shellStatus
    }
}
