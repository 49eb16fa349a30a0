import DestinationKinds
import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Finds faults of a package before the destination is changed.
struct PackageCheck {
    let package: PackageReader
    let destination: any Destination

    func check() throws {
        try package.verify()
        for table in package.schema.tables {
            let names = [table.name] + table.columns.map(\.name)
            guard let name = names.first(where: { $0.utf8.contains(0) }) else { continue }
            throw PackageDamage(
                "the name \(JSONValue.string(name).serialized()) of table \(JSONValue.string(table.name).serialized()) contains "
                    + "U+0000, which no database accepts")
        }
        for job in package.manifest.jobs {
            guard package.schema[table: job.table] != nil else {
                throw PackageDamage(
                    "\(package.path(of: job)) is of table \(job.table), which the package's schema.json does not have")
            }
            let root = package.schema.root(of: job.table)
            if let root, package.schema.writeDisposition(of: root.name) == .merge { try checkMerge(root) }
        }
    }

    private func checkMerge(_ root: Table) throws {
        let name = root.mergeStrategy ?? MergeStrategy.deleteInsert.rawValue
        let known = destination.kind.mergeStrategies
        guard known.contains(where: { $0.rawValue == name }) else {
            throw LoadFailure(
                .broken, .data,
                "unable to load table \"\(root.name)\": this destination has no merge strategy \(name)",
                hint: "it has \(known.map(\.rawValue).joined(separator: ", "))")
        }
        _ = try MergeRules(schema: package.schema, root: root, manifest: package.manifest).merge()
    }
}
