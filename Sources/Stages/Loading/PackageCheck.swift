import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// What can be found wrong with a package before the destination is touched.
struct PackageCheck {
    let package: PackageReader
    let destination: any Destination

    func check() throws {
        try package.verify()
        for job in package.manifest.jobs {
            guard package.schema[table: job.table] != nil else {
                throw PackageDamage("job file \(job.file) is of table \(job.table), which schema.json does not have")
            }
            if package.schema.writeDisposition(of: job.table) == .merge { try checkMerge(job.table) }
        }
    }

    private func checkMerge(_ table: String) throws {
        let strategy = package.schema.inherited("x-merge-strategy", of: table)?.stringValue ?? "delete-insert"
        guard !destination.capabilities.mergeStrategies.contains(strategy) else { return }
        throw LoadFailure(
            .waits, .data,
            "unable to load table \"\(table)\": it is to be merged (\(strategy)), which this destination cannot do yet",
            hint: "normalize it with --write-disposition append or replace, or wait for a version that merges")
    }
}
