import Destinations
import JSONText
import LoadPackages
import Schemas

/// What consecutive packages of a session have in common: most have the same schema, and find in the dataset what the
/// previous one found.
final class PlanMemory {
    /// Everything that the schema to be stored depends on, except the dataset.
    private struct Origin: Equatable {
        let hash: String
        let base: String?
        let version: Int
        let previousHashes: [String]
        let others: JSONObject
        let identifierLimit: Int

        init(_ package: PackageReader) {
            hash = package.manifest.schemaHash
            base = package.manifest.base.schemaHash
            version = package.schema.version
            previousHashes = package.schema.previousHashes
            others = package.schema.others
            identifierLimit = package.manifest.identifierLimit
        }
    }

    private var origin: Origin?
    private var schema: Schema?
    /// Tables that have all columns of that schema.
    private var columns: [ExactString: [Column]] = [:]
    private var names: (schemaHash: String, names: SystemNames)?

    /// The names of dlt's tables for a package with the schema in its manifest.
    func names(of package: PackageReader) -> SystemNames {
        let hash = package.manifest.schemaHash
        if let names, names.schemaHash == hash { return names.names }
        let found = SystemNames(package.schema)
        names = (hash, found)
        return found
    }

    /// The schema to be stored with a package, if it equals that of the previous package, and is in the dataset.
    func schema(of package: PackageReader) -> Schema? {
        guard let schema, package.manifest.refresh.isEmpty, origin == Origin(package) else { return nil }
        let hasSeenAll = package.manifest.jobs.allSatisfy { job in
            job.rows == 0 || schema[table: job.table]?.hasSeenData == true
        }
        return hasSeenAll ? schema : nil
    }

    /// The columns of a table of that schema, if it is known to have them all.
    func columns(of table: String) -> [Column]? { columns[ExactString(table)] }

    func keep(_ columns: [Column], of table: String) { self.columns[ExactString(table)] = columns }

    /// Remembers the parts of a package's plan that apply to the next one.
    func learn(_ plan: LoadPlan, _ package: PackageReader) {
        // Changes of tables or versions, and converted values, are examined again.
        let isSettled =
            !plan.load.changesTables && plan.records.schemas.isEmpty && plan.conversions.isEmpty
            && package.manifest.refresh.isEmpty
        origin = isSettled ? Origin(package) : nil
        schema = isSettled ? plan.schema : nil
        columns = [:]
    }
}
