import Identifiers
import JSONText
package import Schemas

/// The names of a dataset's system tables: `_dlt_…`, unless a naming convention forbids it.
package struct SystemNames: Sendable, Equatable {
    package let version: String
    package let loads: String
    package let state: String

    package static let standard = SystemNames(
        version: SystemTables.versionName, loads: SystemTables.loadsName, state: SystemTables.stateName)

    private init(version: String, loads: String, state: String) {
        self.version = version
        self.loads = loads
        self.state = state
    }

    package init(_ schema: Schema) {
        let convention = schema.normalizers["names"]?.stringValue ?? ""
        let naming = try? Naming(named: convention)
        func name(_ usual: String) -> String {
            // The resource keeps dlt's own name of the table whatever the convention.
            if let table = schema.tables.first(where: { $0.resource == usual }) { return table.name }
            return (try? naming?.normalizeTableIdentifier(usual)) ?? usual
        }
        self.init(
            version: name(SystemTables.versionName), loads: name(SystemTables.loadsName),
            state: name(SystemTables.stateName))
    }

    package func contains(_ table: String) -> Bool { table == version || table == loads || table == state }
}
