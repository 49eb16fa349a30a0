import DatasetReaders
import Schemas

/// The tables of a dataset as a tree, at once: nothing is counted.
struct TableNames {
    private let tables: [DatasetTable]

    init(_ tables: [DatasetTable]) { self.tables = tables }

    var rows: MemoryRows {
        MemoryRows(
            [
                QueryColumn(name: "table", type: .text), QueryColumn(name: "columns", type: .bigint),
                QueryColumn(name: "kind", type: .text),
            ],
            tables.map { table in
                let space = String(repeating: "  ", count: table.depth)
                return [.text(space + table.name), .integer(Int64(table.columns.count)), .text("\(table.kind)")]
            })
    }
}
