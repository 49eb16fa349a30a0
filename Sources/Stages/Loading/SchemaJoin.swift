import Destinations
import Identifiers
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// The schema that is stored with a package: its own if it was made from the committed one, or else the committed one
/// with the package's additions, as if they came next.
struct SchemaJoin {
    let package: PackageReader
    let dataset: DatasetView
    let names: SystemNames

    struct Outcome {
        var schema: Schema
        /// By table: columns that have another type in the committed schema.
        var conversions: [ExactString: [ColumnConversion]] = [:]
    }

    func outcome() throws -> Outcome {
        let own = package.schema
        guard let committed = try dataset.newestSchema(own.name, names) else { return Outcome(schema: own) }
        let manifest = package.manifest
        if manifest.base.schemaHash == committed.hash || manifest.schemaHash == committed.hash {
            return Outcome(schema: own)
        }
        let base = try manifest.base.schemaHash.flatMap { try dataset.schema(hash: $0, names)?.schema }
        return try join(own, base: base, onto: committed.schema)
    }

    private func join(_ own: Schema, base: Schema?, onto committed: Schema) throws -> Outcome {
        var outcome = Outcome(schema: committed)
        for table in own.tables {
            guard let known = committed[table: table.name] else {
                outcome.schema.put(table)
                continue
            }
            guard known.parent == table.parent else {
                throw LoadFailure(
                    .broken, .data,
                    "unable to load table \"\(table.name)\": another load has put it below "
                        + "\(known.parent ?? "no table"), this package below \(table.parent ?? "no table")",
                    hint: "run the whole pipe again, with another name for the table")
            }
            var (joined, conversions) = join(table, base: base?[table: table.name], onto: known)
            if !conversions.isEmpty {
                try addVariants(to: &joined, &conversions, naming: naming(of: committed))
                outcome.conversions[ExactString(table.name)] = conversions
            }
            outcome.schema.put(joined)
        }
        outcome.schema.settings = join(own.settings, base: base?.settings ?? [:], onto: committed.settings)
        outcome.schema.normalizers = join(own.normalizers, base: base?.normalizers ?? [:], onto: committed.normalizers)
        try ContractRecheck(base: base, committed: committed, joined: outcome.schema).check(outcome.schema)
        outcome.schema.succeed(committed)
        return outcome
    }

    private func join(
        _ own: Table, base: Table?, onto committed: Table
    ) -> (table: Table, conversions: [ColumnConversion]) {
        var table = committed
        var conversions: [ColumnConversion] = []
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
            let before = base?[column: column.name]
            var result = known
            result.hints = join(column.hints, base: before?.hints ?? [:], onto: known.hints)
            if let type = column.dataType, type != known.dataType, before?.dataType != known.dataType {
                // Two loads have found different types; the one committed first stays. A type that the user has changed
                // in the committed schema is adopted instead.
                result.dataType = known.dataType
                conversions.append(ColumnConversion(source: column, target: result, variant: nil, variantName: ""))
            }
            table.put(result)
        }
        return (table, conversions)
    }

    /// A three-way merge: the package's changes since its base win, everything else is the committed schema's.
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

    // MARK: Variants

    private func naming(of schema: Schema) -> Naming? {
        try? Naming(
            named: schema.normalizers["names"]?.stringValue ?? "", maxLength: package.manifest.identifierLimit)
    }

    /// Searches the rows for values that do not fit, and gives those a column beside the committed one.
    private func addVariants(to table: inout Table, _ conversions: inout [ColumnConversion], naming: Naming?) throws {
        for index in conversions.indices {
            let conversion = conversions[index]
            // Times arrive as text, and dlt names variants after the type of the value in the record.
            let type = conversion.source.dataType ?? .text
            let native: DataType = [.timestamp, .date, .time, .binary].contains(type) ? .text : type
            let fragments = [conversion.source.name, "v_\(native.rawValue)"]
            let name = naming?.shortenFragments(fragments) ?? fragments.joined(separator: "__")
            conversions[index] = ColumnConversion(
                source: conversion.source, target: conversion.target, variant: table[column: name], variantName: name)
        }
        var misfits: Set<ExactString> = []
        for job in package.manifest.jobs where ExactString(job.table) == ExactString(table.name) && job.rows > 0 {
            misfits.formUnion(
                try RowConverter.misfits(in: package.blocks(of: job), table: table.name, conversions: conversions))
        }
        for index in conversions.indices where conversions[index].variant?.isComplete != true {
            let conversion = conversions[index]
            guard misfits.contains(ExactString(conversion.source.name)) else { continue }
            var column = Column(name: conversion.variantName, conversion.source.dataType, nullable: true)
            column.hints["variant"] = true
            column.hints["description"] = .string("Variant of column \(column.name) generated by dlt")
            if let hinted = conversion.variant { column.merge(hinted) }
            table.complete(column)
            conversions[index].variant = column
        }
    }
}
