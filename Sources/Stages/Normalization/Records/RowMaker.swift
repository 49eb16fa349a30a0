import Coercion
import JSONText
import Schemas

/// Makes the rows of records: one of the record itself, then those of its lists, each linked to the row above it.
///
/// Each row is flattened into cells (`Flattener`), gets its id and links (`RowIdentifier`), and is written
/// (`RowWriter`). The `Turn` decides what none of them can decide alone.
final class RowMaker {
    let record: RecordAtHand
    private let row = RowAtHand()
    private let tables: RowTables
    private let turn: any Turn
    private let flattener: Flattener
    private let identifier: RowIdentifier
    private let writer: RowWriter
    /// Values that the rows above pass on to all rows below.
    private var inherited: [(name: String, value: Scalar)] = []

    init(
        _ record: RecordAtHand, _ tables: RowTables, _ turn: any Turn, _ coercer: Coercer, loadID: String,
        to output: any RowOutput
    ) {
        self.record = record
        self.tables = tables
        self.turn = turn
        flattener = Flattener(record, into: row, tables, turn)
        identifier = RowIdentifier(record, row, tables, coercer, loadID: loadID)
        writer = RowWriter(record, row, tables, turn, coercer, to: output)
    }

    /// Makes the rows of the current record.
    ///
    /// - Parameter level: the number of levels of nesting that are unpacked.
    func makeRows(in table: RowTable, level: Int) throws {
        // Values that a contract leaves out are removed before anything reads the record.
        if let model = table.model, try !turn.admits(record: record.rowNode, by: model, table) { return }
        flattener.begin()
        identifier.begin()
        inherited.removeAll(keepingCapacity: true)
        row.dropLists(from: 0)
        try makeRow(of: record.rowNode, in: table, level: level, link: nil)
    }

    private func makeRow(of node: Int, in table: RowTable, level: Int, link: RowIdentifier.Link?) throws {
        record.rowNode = node
        if table.isDiscarded { return try turn.leaveOutRow(of: table, with: nil) }
        row.begin()
        let firstList = row.lists.count
        switch record.nodes[node].kind {
        case .object: flattener.flatten(node, table, level)
        case .array where link != nil: flattener.put(node, under: SystemColumns.list, table, level)
        // Anything but an object is the value of a column, or a list under that column's name.
        default: flattener.put(node, under: SystemColumns.value, table, level)
        }

        for (name, value) in inherited { row.set(table.slot(of: name), value, table) }
        let identity = try identifier.identify(table, link)
        if table.hasFilters {
            row.dropExcludedCells(table)
            // A row without remaining values is dropped, with all rows below it.
            if row.cells.count == 0 { return row.dropLists(from: firstList) }
        }
        guard try writer.write(table) else { return row.dropLists(from: firstList) }

        let inheritedBefore = inherited.count
        for (slot, name) in table.propagated {
            guard let value = row.value(of: slot, table), value.native != nil else { continue }
            inherited.append((name, value))
        }
        try makeRowsBelow(identity, firstList, table, level)
        row.dropLists(from: firstList)
        inherited.removeLast(inherited.count - inheritedBefore)
    }

    /// Makes the rows of the lists of a row, which begin at `firstList`.
    private func makeRowsBelow(_ identity: RowIdentity, _ firstList: Int, _ table: RowTable, _ level: Int) throws {
        var next = firstList
        while next < row.lists.count {
            let list = row.lists[next]
            next += 1
            let count = Int(record.nodes[list.node].count)
            guard count > 0 else { continue }
            let child = tables.child(of: table, list.list)
            var element = list.node + 1
            for index in 0..<count {
                let below = if case .array = record.nodes[element].kind { level - 2 } else { level - 1 }
                try makeRow(
                    of: element, in: child, level: below, link: RowIdentifier.Link(parent: identity, index: index))
                element = Int(record.nodes[element].next)
            }
        }
    }
}
