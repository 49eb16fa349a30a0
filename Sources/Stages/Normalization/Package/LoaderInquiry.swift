import LoadPackages
import ProgramSupport
import RecordStreams
import SystemIO

/// Before publishing, asks dlt-load whether a pipeline without a name of its own has its home at that destination: such
/// a name comes from a file, and another project may have used it first. The question is a `RUN` line with the
/// pipelines, followed by an empty line. dlt-load reads the empty line once it has decided, so an empty pipe is the
/// answer, and a refusal is a file in the spool. Other readers of the pipe refuse nothing.
struct LoaderInquiry {
    let run: String
    let lines: PackageLinePrinter
    let messages: Messages
    /// How long to wait for dlt-load to read; after that, dlt-load refuses the package on arrival.
    private let seconds = 5.0

    func ask(about jobs: [PackageJob]) throws {
        let unnamed = jobs.filter { job in
            job.request.isUnnamed && (try? job.spool.home().destination) != nil
        }
        guard !unnamed.isEmpty, lines.isPipe else { return }
        // The same stream may have been read before, and a loader killed after its answer.
        for job in unnamed { _ = job.spool.takeRefusal(of: run) }
        lines.print(
            .run(id: run, pipelines: unnamed.map { PackageLine.Pipeline(name: $0.spool.pipeline, isUnnamed: true) }))
        let output = Descriptor.standardOutput
        guard output.waitUntilTaken(seconds: seconds) else { return }
        lines.printEmptyLine()
        _ = output.waitUntilTaken(seconds: seconds)
        let refused = unnamed.filter { $0.spool.takeRefusal(of: run) }
        guard let first = refused.first else { return }
        messages.note("nothing was published: dlt-load has refused pipeline \(first.spool.pipeline)")
        throw ExitStatusSignal(.configuration)
    }
}
