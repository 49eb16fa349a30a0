import DataContracts
import Schemas

/// A record cannot be normalized ahead of its turn.
struct OutOfTurn: Error {
    /// It is about to change the schema, so later lines are probably affected.
    var isChange = true
}

/// A record of a block, by its stream and its number in that, counted from 0 in the segment.
struct RecordOrdinal: BitwiseCopyable {
    var stream = 0
    var number = 0
    /// Its line in the block.
    var line = 0
}

/// Reports about records that were normalized ahead, to be made in their turn.
enum Note {
    /// A key's values went to a column for the first time.
    case key(origin: String, column: String, table: RowTable, at: RecordOrdinal)
    /// A key's lists went to a child table for the first time.
    case list(origin: String, child: String, table: RowTable, at: RecordOrdinal)
    /// A column without a type got a null.
    case null(column: String, table: RowTable)

    /// The record that caused the note, where that is reported.
    var ordinal: RecordOrdinal? {
        switch self {
        case .key(_, _, _, let at), .list(_, _, _, let at): at
        case .null: nil
        }
    }
}

/// Decides for records ahead of their turn: leaves everything for their turn that would change the schema, be an error,
/// or be reported as left out. A report that is made only once becomes a note.
final class AheadOfTurn: Turn {
    private let record: RecordAtHand
    private(set) var notes: [Note] = []
    /// The current record.
    var atHand = RecordOrdinal()

    init(_ record: RecordAtHand) { self.record = record }

    func dropNotes() { notes.removeAll(keepingCapacity: true) }

    func note(key origin: String, slot: Int, _ table: RowTable) {
        notes.append(.key(origin: origin, column: table.slots[slot].name, table: table, at: atHand))
    }

    func note(list origin: String, child: String, _ table: RowTable) {
        notes.append(.list(origin: origin, child: child, table: table, at: atHand))
    }

    func note(nullIn slot: Int, _ table: RowTable) {
        notes.append(.null(column: table.slots[slot].name, table: table))
    }

    func add(_ table: RowTable) throws -> Bool { throw OutOfTurn(isChange: table.contract.tables == .evolve) }

    func addColumn(
        for cell: RowAtHand.Cell, _ table: RowTable, isFreeRow: Bool,
        write: (_ type: DataType, _ hasTimezone: Bool) -> Bool
    ) throws -> NewColumn { throw OutOfTurn(isChange: table.contract.columns == .evolve) }

    func addVariant(
        _ slot: Int, for cell: RowAtHand.Cell, expected: DataType, native: DataType, _ table: RowTable
    ) throws -> Bool { throw OutOfTurn(isChange: table.contract.dataType == .evolve) }

    func leaveOutRow(of table: RowTable, with cell: RowAtHand.Cell?) throws { throw OutOfTurn(isChange: false) }

    func keepsRow() -> Bool { true }

    func admits(record node: Int, by model: RecordModel, _ table: RowTable) throws -> Bool {
        guard model.findings(in: node, of: record.text, under: table.contract).isEmpty else {
            throw OutOfTurn(isChange: false)
        }
        return true
    }
}
