import LoadPackages
import ProgramSupport
import RecordStreams
import SystemIO

/// A pipeline that nobody has named may be another project's of the same name. So before it publishes, dlt-normalize asks the dlt-load
/// behind it whether it is at home there: it names the pipelines, and goes on when dlt-load has read that and an empty line after it,
/// which it does when it is done with the first. Who else reads the lines has nothing against it.
struct LoaderInquiry {
    let run: String
    let lines: PackageLinePrinter
    let messages: Messages
    /// A program that has not begun to read by then is not waited for any longer; it refuses the package itself.
    private let seconds = 5.0

    func ask(about jobs: [PackageJob]) throws {
        let unnamed = jobs.filter { job in
            job.request.isUnnamed && (try? job.spool.home().destination) != nil
        }
        guard !unnamed.isEmpty, lines.isPipe else { return }
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
