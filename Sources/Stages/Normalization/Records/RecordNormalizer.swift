import Coercion
import DataContracts
package import Identifiers
package import JSONText
package import Schemas

/// Turns records whose turn has come into rows of linked tables, and lets the schema grow with them.
package final class RecordNormalizer {
    private let tables: RowTables
    private let record: RecordAtHand
    private let growth: SchemaGrowth
    private let rows: RowMaker

    package init(
        schema: Schema, naming: Naming, tape: JSONTape, loadID: String, nowSeconds: Double, output: any RowOutput,
        report: @escaping (EvolutionEvent) -> Void
    ) throws {
        let coercer = Coercer(nowSeconds: nowSeconds)
        tables = try RowTables(schema, naming, tape, output: output)
        record = RecordAtHand(tape)
        growth = SchemaGrowth(tables, record, coercer, report: report)
        rows = RowMaker(record, tables, growth, coercer, loadID: loadID, to: output)
    }

    /// A root table that records are normalized into.
    package final class Root {
        fileprivate let table: RowTable
        fileprivate(set) var maximumNesting = 0
        /// Hints that the first record adds to the schema: a stream without records changes nothing.
        fileprivate var hints: ((inout Schema) throws -> Void)?
        /// Handle of the package's writer.
        var output: Int { table.output }
        /// Whether the next record changes the schema, or records are counted one after the other.
        var mustComeInTurn: Bool { hints != nil || table.model?.countsRecords == true }
        var name: String { table.name }
        var model: RecordModel? { table.model }
        var cells: CellTypes? {
            get { table.cells }
            set { table.cells = newValue }
        }

        fileprivate init(table: RowTable) { self.table = table }
    }

    /// The deepest nesting that is unpacked, whatever a schema says: dlt's default.
    package static let maximumNesting = 1000

    /// Opens a root table for records.
    package func root(_ name: String) -> Root { Root(table: tables.root(name)) }

    /// Normalizes the record at node `index` of the scanned `text`.
    package func normalize(record index: Int, of text: UnsafeBufferPointer<UInt8>, line: Int, into root: Root) throws {
        record.begin(index, of: text, line: line)
        defer { record.restoreLine() }
        if root.hints != nil { try prepare(root) }
        try rows.makeRows(in: root.table, level: root.maximumNesting)
    }

    // MARK: The schema

    package var schema: Schema { tables.schema }
    /// Counts changes of the schema, and of what contracts leave out.
    var revision: Int { tables.revision }
    var naming: Naming { tables.naming }
    /// The rows that contracts leave out without a look at the schema.
    var leftOut: [RowTables.LeftOut] { tables.leftOut }

    /// Sets the hints that a root's table gets before its next record.
    package func hint(_ root: Root, _ hints: @escaping (inout Schema) throws -> Void) { root.hints = hints }

    /// Allows records for a root that has no hints.
    func begin(_ root: Root) { root.maximumNesting = schema.maximumNesting(of: root.name) }

    /// Adds the hints of a root to the schema.
    func prepare(_ root: Root) throws {
        guard let hints = root.hints else { return }
        root.hints = nil
        let isNew = schema[table: root.name] == nil
        var hinted = schema
        try hints(&hinted)
        try growth.admit(&hinted, of: root.table)
        tables.replace(hinted, below: root.table)
        if isNew && schema[table: root.name] != nil { growth.report(.tableAdded(table: root.name, parent: nil)) }
        begin(root)
    }

    /// Changes the schema from outside the records and updates the tables.
    func edit(_ change: (inout Schema) throws -> Void) rethrows { try tables.edit(change) }

    // MARK: Results

    /// Rows made so far, by table.
    var rowCounts: [(table: String, rows: Int)] { tables.rowCounts }

    /// Columns that only ever got nulls and have no type.
    var nullOnlyColumns: [(table: String, column: String)] { tables.nullOnlyColumns }

    /// New columns that hints of a root name and no record has had.
    func unmetColumns(of root: Root, hinted names: [String], known: Table?) -> [String] {
        tables.unmetColumns(of: root.table, hinted: names, known: known)
    }

    /// The quality metrics of a root's model that its records do not meet.
    func quality(of root: Root) -> [QualityMeter.Finding] { root.model?.findings ?? [] }

    /// Whether the rows of a table have no parent.
    func isRoot(_ table: String) -> Bool { tables[table]?.isNested == false }

    // MARK: Records that were normalized ahead

    /// The table for one that a worker made.
    func counterpart(of table: RowTable) -> RowTable { tables.counterpart(of: table) }

    /// Makes the changes that a worker has noted, in the turn of its records.
    func apply(_ note: Note) {
        switch note {
        case .key(let origin, let column, let table, _):
            let table = counterpart(of: table)
            growth.note(key: origin, slot: tables.slot(of: column, in: table), table)
        case .list(let origin, let child, let table, _):
            growth.note(list: origin, child: child, counterpart(of: table))
        case .null(let column, let table):
            let table = counterpart(of: table)
            growth.note(nullIn: tables.slot(of: column, in: table), table)
        }
    }
}
