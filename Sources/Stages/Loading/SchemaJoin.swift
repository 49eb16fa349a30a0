import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// The schema that is stored with a package: its own when it was made from the committed one, or else the committed one
/// with what the package brings, as if that came next.
struct SchemaJoin {
    let package: PackageReader
    let transaction: any DestinationTransaction
    let names: SystemNames

    func schema() throws -> Schema {
        let own = package.schema
        guard let committed = try transaction.newestSchema(own.name, names) else { return own }
        let manifest = package.manifest
        if manifest.base.schemaHash == committed.hash || manifest.schemaHash == committed.hash { return own }
        let base = try manifest.base.schemaHash.flatMap { try transaction.schema(hash: $0, names)?.schema }
        return try join(own, base: base, onto: committed.schema)
    }

    func join(_ own: Schema, base: Schema?, onto committed: Schema) throws -> Schema {
        var joined = committed
        for table in own.tables {
            guard let known = committed[table: table.name] else {
                joined.put(table)
                continue
            }
            joined.put(try join(table, base: base?[table: table.name], onto: known))
        }
        joined.settings = join(own.settings, base: base?.settings ?? [:], onto: committed.settings)
        joined.normalizers = join(own.normalizers, base: base?.normalizers ?? [:], onto: committed.normalizers)
        joined.succeed(committed)
        return joined
    }

    private func join(_ own: Table, base: Table?, onto committed: Table) throws -> Table {
        var table = committed
        table.properties = join(own.properties, base: base?.properties ?? [:], onto: committed.properties)
        for column in own.columns {
            guard let known = committed[column: column.name] else {
                table.put(column)
                continue
            }
            guard known.isComplete else {
                table.complete(column)
                continue
            }
            var result = known
            result.hints = join(column.hints, base: base?[column: column.name]?.hints ?? [:], onto: known.hints)
            if let type = column.dataType, type != known.dataType {
                result = try converted(column, to: known, in: table.name)
            }
            table.put(result)
        }
        return table
    }

    /// HOOK for value coercion: the package's values of `column` are of another type than the committed column.
    private func converted(_ column: Column, to committed: Column, in table: String) throws -> Column {
        throw LoadFailure(
            .permanent, .data,
            "unable to load table \"\(table)\": column \"\(column.name)\" is \(committed.dataType?.rawValue ?? "") at the "
                + "destination and \(column.dataType?.rawValue ?? "") in the package",
            hint: "run the whole pipe again")
    }

    /// Three ways: what the package has changed since its base wins, all else is the committed one's.
    private func join(_ own: JSONObject, base: JSONObject, onto committed: JSONObject) -> JSONObject {
        var result = committed
        for (key, value) in own.members where base[key] != value {
            if case .object(let inner) = value, case .object(let known)? = committed[key] {
                result[key] = .object(join(inner, base: base[key]?.objectValue ?? [:], onto: known))
            } else {
                result[key] = value
            }
        }
        return result
    }
}
