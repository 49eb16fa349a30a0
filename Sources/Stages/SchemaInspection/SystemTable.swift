import Schemas

extension Table {
    /// dlt keeps its own tables in each schema; under some naming conventions only the resource tells.
    var isSystem: Bool { SystemTables.isSystemName(name) || (resource.map(SystemTables.isSystemName) ?? false) }
}
