import ProgramSupport
import SystemIO

/// The whole output of a program that prints a document and ends.
enum ProgramOutput {
    /// - Parameter task: what it does, for messages.
    static func all(of words: [String], failing task: String) throws -> [UInt8] {
        var process: ChildProcess
        do throws(SystemError) { process = try ChildProcess.spawn(argv: words, stdin: .null) } catch {
            throw MessageProgram.unableToRun(words[0], error)
        }
        var bytes: [UInt8] = []
        if let output = process.standardOutput.take() {
            do throws(SystemError) { bytes = try Files.readAll(output) } catch {
                _ = try? process.end()
                if StopSignal.requested { throw Stopped(hint: "run the same command again") }
                throw error
            }
        }
        let outcome = try process.wait()
        guard outcome.isSuccess else {
            throw ProgramError(
                .unavailable, "unable to \(task): it ended with status \(outcome.shellStatus)",
                hint: "its own messages are above; most often its configuration is wrong, or lacks a member")
        }
        return bytes
    }
}
