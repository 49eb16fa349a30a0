import JSONText
import RecordStreams
import SystemIO

/// Tells the next program what was made. Each line is one write, so that several writers can share a pipe. When the
/// reader has gone away the work goes on; the failure is kept for the end.
final class PackageLinePrinter {
    private(set) var failure: SystemError?
    private(set) var packages: [String] = []

    func print(_ line: PackageLine) {
        if case .package(_, let path, _, _) = line { packages.append(path) }
        guard failure == nil else { return }
        do throws(SystemError) {
            try Descriptor.standardOutput.writeAll(line.message.serialized() + "\n")
        } catch {
            failure = error
        }
    }
}
