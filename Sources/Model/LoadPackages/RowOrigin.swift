package import JSONText
import SystemIO

/// Where a row of a root table comes from.
package struct RowOrigin: Sendable, Equatable {
    /// What the numbers are of: the members of a place (`file`, `command`, `url` and `page`, or `input`), and of its
    /// file the `folder`; empty if it is unknown.
    package var source: JSONObject
    /// From 1; nil where records are not lines.
    package var line: Int?
    /// From 1; nil where only lines are counted.
    package var number: Int?

    package var isApproximate: Bool { source["about"]?.boolValue == true }

    package init(source: JSONObject, number: Int, line: Int) {
        self.source = source
        self.line = source["line"]?.boolValue == false ? nil : line
        self.number = source["number"]?.boolValue == false ? nil : number
    }
}

extension PackageReader {
    /// Whether the origins of the table's rows were kept.
    package var keepsOrigins: Bool { !manifest.origins.isEmpty }

    /// The file with the origins of a job's rows.
    package func origins(of job: Manifest.Job) -> Manifest.Job? {
        let table = ExactString(job.table)
        let place = manifest.jobs.filter { ExactString($0.table) == table }.firstIndex { $0.file == job.file }
        let files = manifest.origins.filter { ExactString($0.table) == table }
        guard let place, place < files.count else { return nil }
        return files[place]
    }

    private static func name(ofOrigins file: Manifest.Job) -> String { Paths.join(PackageLayout.origins, file.file) }

    func verify(origins file: Manifest.Job) throws { try verify(file, named: PackageReader.name(ofOrigins: file)) }

    /// The origins of a job's rows, in their order; nil if they were not kept. Its file is compared with the manifest
    /// first.
    package func originReader(of job: Manifest.Job) throws -> OriginReader? {
        guard let file = origins(of: job) else { return nil }
        try verify(origins: file)
        let name = PackageReader.name(ofOrigins: file)
        return OriginReader(try JobSource(open(name)), name: Paths.join(path, name))
    }
}
