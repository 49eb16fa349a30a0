import Schemas

/// Decides about what the schema lacks and what contracts leave out: whatever a row needs beside the columns that it finds.
///
/// For records whose turn has come that is `SchemaGrowth`, which changes the schema. For records ahead of their turn it is
/// `AheadOfTurn`, which may change nothing and gives the record up. All of it is off the path of records that fit the schema.
protocol Turn: AnyObject {
    // MARK: What is reported once

    /// The values of a key go to a column, for the first time in this generation.
    ///
    /// - Parameter origin: the key as written, from the row down.
    func note(key origin: String, slot: Int, _ table: RowTable)
    /// The lists of a key go to a child table, for the first time in this generation or since those of another key did.
    func note(list origin: String, child: String, _ table: RowTable)
    /// A column without a type got a null, for the first time in this generation.
    func note(nullIn slot: Int, _ table: RowTable)

    // MARK: What is new

    /// Adds a table that the schema lacks; false when its contract leaves it out, with the row at hand.
    func add(_ table: RowTable) throws -> Bool
    /// Adds a column for the first value that asks for it.
    ///
    /// - Parameters:
    ///   - isFreeRow: columns may come whatever the contract says.
    ///   - write: writes the value into the column that would be added; false when its type cannot take the value.
    func addColumn(
        for cell: RowAtHand.Cell, _ table: RowTable, isFreeRow: Bool,
        write: (_ type: DataType, _ hasTimezone: Bool) -> Bool
    ) throws -> NewColumn
    /// Adds the column `slot` for values of a type that the column of `cell` cannot take; false when the contract leaves the
    /// value out.
    func addVariant(
        _ slot: Int, for cell: RowAtHand.Cell, expected: DataType, native: DataType, _ table: RowTable
    ) throws -> Bool

    // MARK: What is left out

    /// Leaves out the row at hand, as others before: its table is left out, or the key of one of its cells.
    func leaveOutRow(of table: RowTable, with cell: RowAtHand.Cell?) throws
    /// The row at hand is written; false when one of the columns that it asked for takes the row along.
    func keepsRow() -> Bool
    /// Whether a record follows its table's model. The record at hand goes on without the values that the contract leaves out.
    func admits(record node: Int, by model: RecordModel, _ table: RowTable) throws -> Bool
}

/// What became of a column that the schema lacks.
enum NewColumn {
    /// It is there, and the value is written.
    case added
    /// Values of that kind get no column, or the contract leaves this one out.
    case leftOut
    /// The type that it would get cannot take the value.
    case unfit(DataType)
}
