import DataContracts
import Identifiers
import JSONText
import Schemas

/// The tables that rows are made for, each prepared from its description in the schema.
///
/// It only keeps the two in step: `SchemaGrowth` changes the schema, and records ahead of their turn use an unchanging
/// copy.
final class RowTables {
    private(set) var schema: Schema { didSet { revision += 1 } }
    /// Counts changes of the schema, and of what contracts leave out.
    private(set) var revision = 0
    /// Counts the adopted schemas: keys and nulls are noted once for each.
    private(set) var generation = 1
    let naming: Naming
    let rules: HintRules
    /// dlt's `relational_no_coercion`: a value of another type than its column's is always a variant.
    let isStrict: Bool
    private let breaksPaths: Bool
    /// Whether a table has filters; they come with the schema, not with the data.
    private let hasFilters: Bool
    /// What contracts had left out in the schema that was adopted.
    private var leftOutBefore: [LeftOut] = []
    private var tables: [ExactString: RowTable] = [:]
    private let tape: JSONTape
    private let output: any RowOutput

    /// A table, or its rows with a key, of which a contract leaves out all that follow.
    struct LeftOut: Sendable {
        let table: String
        /// nil: all rows.
        let column: String?
    }

    /// - Parameter tape: the tape for checking records that have models.
    init(_ schema: Schema, _ naming: Naming, _ tape: JSONTape, output: any RowOutput) throws {
        self.schema = schema
        self.naming = naming
        self.tape = tape
        self.output = output
        rules = try HintRules(settings: schema.settings)
        breaksPaths = schema.normalizers["use_break_path_on_normalize"]?.boolValue ?? true
        hasFilters = schema.tables.contains { $0.properties["filters"] != nil }
        isStrict =
            schema.normalizers["json"]?["module"]?.stringValue?.hasSuffix("relational_no_coercion") ?? false
    }

    // MARK: Tables

    subscript(name: String) -> RowTable? { tables[ExactString(name)] }

    func root(_ name: String) -> RowTable { table(name, fragments: [name], parent: nil) }

    /// The table for the elements of a list.
    func child(of table: RowTable, _ list: Int) -> RowTable {
        if let child = table.lists[list].child { return child }
        let fragments = table.fragments + table.lists[list].path
        let child = self.table(naming.shortenFragments(fragments), fragments: fragments, parent: table.name)
        table.set(child: child, ofList: list)
        return child
    }

    /// This object's table for one that was made from the same schema elsewhere.
    func counterpart(of other: RowTable) -> RowTable {
        table(other.name, fragments: other.fragments, parent: other.parent)
    }

    private func table(_ name: String, fragments: [String], parent: String?) -> RowTable {
        let key = ExactString(name)
        if let known = tables[key] { return known }
        let table = RowTable(
            name: name, fragments: fragments, parent: parent, isNested: parent != nil, output: output.table(name),
            schema: schema[table: name])
        if hasFilters { table.filters = ColumnFilters(of: fragments, in: schema, naming) }
        tables[key] = table
        refresh(table)
        return table
    }

    /// Rows made so far, by table.
    var rowCounts: [(table: String, rows: Int)] {
        tables.values.filter { $0.rows > 0 }.map { ($0.name, $0.rows) }.sorted {
            ExactString($0.table) < ExactString($1.table)
        }
    }

    /// Columns that only ever got nulls and have no type; not those whose values are objects or lists, now or in
    /// earlier runs.
    var nullOnlyColumns: [(table: String, column: String)] {
        tables.values.flatMap { table in
            let empty = table.slots.filter { $0.sawOnlyNull && $0.type == nil }
            let filled = empty.isEmpty ? [] : filledNames(of: table)
            return empty.filter { !isContainer($0.name, of: table, filled) }.map { (table.name, $0.name) }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// New columns that hints of a root name and no record of this run has had.
    ///
    /// - Parameter known: the table as it was before the run.
    func unmetColumns(of root: RowTable, hinted names: [String], known: Table?) -> [String] {
        guard root.rows > 0 else { return [] }
        let unmet = names.filter { name in
            known?[column: name]?.isComplete != true && root.slots[root.slot(of: name)].origin == nil
                && !SystemTables.isSystemName(name)
        }
        let filled = unmet.isEmpty ? [] : filledNames(of: root)
        return unmet.filter { !isContainer($0, of: root, filled) }
    }

    /// Names of columns with values, in the order of their bytes: a table may have ten thousand columns.
    private func filledNames(of table: RowTable) -> [ExactString] {
        table.slots.filter { $0.type != nil }.map { ExactString($0.name) }.sorted()
    }

    /// Whether there are columns of its members, or a table of its elements.
    private func isContainer(_ column: String, of table: RowTable, _ filled: [ExactString]) -> Bool {
        if tables[ExactString(naming.shortenFragments(table.fragments + [column]))] != nil { return true }
        let stored = schema[table: naming.shortenFragments(table.fragments + [column])]
        if stored != nil { return true }
        let prefix = column + naming.separator
        // Names that begin with it follow it.
        var range = 0..<filled.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = ExactString(prefix) < filled[middle] ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
        }
        return range.lowerBound < filled.count && filled[range.lowerBound].text.utf8.starts(with: prefix.utf8)
    }

    // MARK: Names

    /// A key as a part of the names of columns.
    func part(ofColumn key: String) -> String {
        let part = breaksPaths ? naming.normalizePath(key) : (try? naming.normalizeIdentifier(key)) ?? ""
        // A key like "__" becomes an empty name; dlt loses its value in a column without a name.
        return part.isEmpty ? SystemColumns.blankKey : part
    }

    /// A key as a part of the names of tables.
    func part(ofTable key: String) -> String {
        breaksPaths ? naming.normalizeTablesPath(key) : (try? naming.normalizeTableIdentifier(key)) ?? ""
    }

    /// The slot of a column, which the schema may not have yet.
    func slot(of column: String, in table: RowTable) -> Int {
        let slot = table.slot(of: column)
        if table.slots[slot].type == nil, rules.preferredType(of: column) == .json {
            table.update(slot: slot) { $0.prefersJSON = true }
        }
        return slot
    }

    // MARK: Changes

    /// Changes the schema and prepares all tables again.
    func edit(_ change: (inout Schema) throws -> Void) rethrows {
        try change(&schema)
        for table in tables.values { refresh(table) }
    }

    /// Replaces the schema by one that differs in a root and the tables below it; there may be thousands of others.
    func replace(_ schema: Schema, below root: RowTable) {
        self.schema = schema
        for table in tables.values where table.fragments.starts(with: root.fragments) { refresh(table) }
    }

    func put(_ table: Table) { schema.put(table) }

    func add(_ column: Column, to table: RowTable) {
        schema.update(table: table.name) { $0.complete(column) }
        table.adopt(column)
    }

    /// Adopts a schema that has grown elsewhere; notes have to be made again.
    func adopt(_ schema: Schema, leftOut: [LeftOut]) {
        generation += 1
        leftOutBefore = leftOut
        edit { $0 = schema }
    }

    private func refresh(_ table: RowTable) {
        let stored = schema[table: table.name]
        for column in stored?.columns ?? [] { table.adopt(column) }
        if let stored {
            table.isKnown = true
            table.isNested = stored.parent != nil
        }
        refreshContract(of: table, stored)
        for out in leftOutBefore where ExactString(out.table) == ExactString(table.name) { leaveOut(out, table) }
        table.identity = RootKeyRule.identity(of: table.name, in: schema)
        table.propagated = RootKeyRule.propagation(from: table.name, isRoot: !table.isNested, in: schema).map {
            (slot: table.slot(of: $0.column), name: $0.name)
        }
    }

    private func refreshContract(of table: RowTable, _ stored: Table?) {
        // A new nested table is under its parent's contract.
        let name = stored == nil ? table.parent ?? table.name : table.name
        guard let (contract, level) = try? schema.contract(of: name) else { return }
        table.contract = contract
        table.contractName =
            switch level {
            case .table(let name): "schema_contract of table \(name)"
            case .schema: "schema_contract of schema \(schema.name)"
            case .none: ""
            }
        guard let stored, stored.parent == nil, stored.properties[TableModel.Hint.schema] != nil else { return }
        if let model = table.model, model.isOf(stored) { return }
        // It was compiled before it was added to the schema.
        table.model = try? RecordModel(stored, tape: tape)
    }

    // MARK: Rows that contracts leave out

    /// The rows that are left out without a look at the schema.
    var leftOut: [LeftOut] {
        tables.values.flatMap { table in
            (table.isDiscarded ? [LeftOut(table: table.name, column: nil)] : [])
                + table.slots.filter(\.discardsRow).map { LeftOut(table: table.name, column: $0.name) }
        }
    }

    /// From now on all rows of a table are left out.
    func leaveOut(_ table: RowTable) {
        if table.isDiscarded { return }
        revision += 1
        table.isDiscarded = true
    }

    /// From now on rows of a table that have a key for a column are left out.
    func leaveOutRows(of table: RowTable, with slot: Int) {
        if table.slots[slot].discardsRow { return }
        revision += 1
        table.discardsRows = true
        table.update(slot: slot) { $0.discardsRow = true }
    }

    private func leaveOut(_ out: LeftOut, _ table: RowTable) {
        if let column = out.column {
            leaveOutRows(of: table, with: table.slot(of: column))
        } else {
            leaveOut(table)
        }
    }
}
