import Failures
import JSONText
import ProgramSupport
import RecordStreams
import RunJournals
import SystemIO

/// Writes the packages of the run to the next program. If the reader closes the pipe, the work continues; the failure
/// is kept for the end.
final class PackageLinePrinter {
    /// Each line is one write of at most this many bytes, which the kernel keeps whole when several writers share a pipe.
    static let maximumLineBytes = 4096

    private let output: (String) throws(SystemError) -> Void
    private(set) var failure: ProgramError?
    private(set) var packages: [String] = []
    /// The run that the lines are of; nil before it has begun.
    private(set) var run: String?
    /// The program that caused the run's failure, if it is not this one.
    var failedProgram: String?

    init(_ output: @escaping (String) throws(SystemError) -> Void = PackageLinePrinter.standardOutput) {
        self.output = output
    }

    private static func standardOutput(_ line: String) throws(SystemError) {
        try Descriptor.standardOutput.writeAll(line)
    }

    /// The first line, unless it was printed: by then the run has its name.
    func begin(_ run: @autoclosure () -> String) {
        guard self.run == nil else { return }
        let run = run()
        self.run = run
        print(.run(id: run))
    }

    func print(_ line: PackageLine) {
        if case .package(_, let path, _, _, _, _) = line { packages.append(path) }
        guard failure == nil else { return }
        let text = line.message.serialized() + "\n"
        guard text.utf8.count <= PackageLinePrinter.maximumLineBytes else {
            return fail("the line would be longer than \(PackageLinePrinter.maximumLineBytes) bytes")
        }
        do throws(SystemError) { try output(text) } catch { fail(error.reason) }
    }

    /// The last line.
    func printEnd(_ status: Int32, _ pipelines: [PackageLine.Pipeline] = []) {
        begin(RunRecorder.run.text)
        let hasFailed = ExitStatus.isFailure(status)
        print(
            .end(
                exitStatus: Int(status), program: hasFailed ? failedProgram ?? "dlt-normalize" : nil,
                pipelines: pipelines, run: run))
    }

    /// Whether the lines go to another program.
    var isPipe: Bool { Descriptor.standardOutput.isPipe && failure == nil }

    func printEmptyLine() {
        guard failure == nil else { return }
        do throws(SystemError) { try output("\n") } catch { fail(error.reason) }
    }

    private func fail(_ reason: String) {
        failure = ProgramError(.io, "unable to write the package line to standard output: \(reason)")
    }

    /// The error to end with if the next program was not reached; nil if it was.
    func complaint() -> ProgramError? {
        guard let failure else { return nil }
        let hint =
            packages.isEmpty
            ? "nothing was published"
            : "\(packages.count == 1 ? "a package waits" : "\(packages.count) packages wait"): dlt-load URL \(ShellWord.command(packages))"
        return ProgramError(failure.status, failure.message, hint: hint)
    }
}
