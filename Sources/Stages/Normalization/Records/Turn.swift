import Schemas

/// Decides about values that the schema does not cover and that contracts leave out: everything that a row needs
/// besides its existing columns.
///
/// For records whose turn has come that is `SchemaGrowth`, which changes the schema. For records ahead of their turn it
/// is `AheadOfTurn`, which may not change anything and gives the record up. Records that fit the schema never get here.
protocol Turn: AnyObject {
    // MARK: Reports that are made once

    /// The values of a key go to a column, for the first time in this generation.
    ///
    /// - Parameter origin: the key as written, from the row down.
    func note(key origin: String, slot: Int, _ table: RowTable)
    /// The lists of a key go to a child table, for the first time in this generation or since those of another key did.
    func note(list origin: String, child: String, _ table: RowTable)
    /// A column without a type got a null, for the first time in this generation.
    func note(nullIn slot: Int, _ table: RowTable)

    // MARK: Additions

    /// Adds a table that the schema lacks; false when its contract leaves it out, with the current row.
    func add(_ table: RowTable) throws -> Bool
    /// Adds a column for the first value that needs it.
    ///
    /// - Parameters:
    ///   - isFreeRow: columns may be added whatever the contract says.
    ///   - write: writes the value into the column that would be added; false when its type cannot hold the value.
    func addColumn(
        for cell: RowAtHand.Cell, _ table: RowTable, isFreeRow: Bool,
        write: (_ type: DataType, _ hasTimezone: Bool) -> Bool
    ) throws -> NewColumn
    /// Adds the column `slot` for values of a type that the column of `cell` cannot hold; false when the contract
    /// leaves the value out.
    func addVariant(
        _ slot: Int, for cell: RowAtHand.Cell, expected: DataType, native: DataType, _ table: RowTable
    ) throws -> Bool

    // MARK: Rows left out

    /// Leaves out the current row, like earlier ones: its table is left out, or the key of one of its cells.
    func leaveOutRow(of table: RowTable, with cell: RowAtHand.Cell?) throws
    /// The current row is written; false when one of its refused columns removes the whole row.
    func keepsRow() -> Bool
    /// Whether a record follows its table's model. The current record continues without the values that the contract
    /// leaves out.
    func admits(record node: Int, by model: RecordModel, _ table: RowTable) throws -> Bool
}

/// The result for a column that the schema lacks.
enum NewColumn {
    /// It was added, and the value is written.
    case added
    /// Such values get no column, or the contract leaves this one out.
    case leftOut
    /// The type of the new column cannot hold the value.
    case unfit(DataType)
}
