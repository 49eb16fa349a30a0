import Coercion
import JSONText
import Schemas

/// Gives each row its id, and its link to the row above it or to the load.
final class RowIdentifier {
    private let record: RecordAtHand
    private let row: RowAtHand
    private let tables: RowTables
    private let coercer: Coercer
    private let loadID: UnsafeMutableBufferPointer<UInt8>

    private var ids = RowIDs()
    private var arena = IDArena()
    private let text = ByteBuffer()
    /// The sources of an id.
    private let content = ByteBuffer()

    /// The position of a row below another one.
    struct Link {
        /// The parent's `_dlt_id` as written in its row.
        let parent: RowIdentity
        let index: Int
    }

    init(_ record: RecordAtHand, _ row: RowAtHand, _ tables: RowTables, _ coercer: Coercer, loadID: String) {
        self.record = record
        self.row = row
        self.tables = tables
        self.coercer = coercer
        self.loadID = .allocate(capacity: loadID.utf8.count)
        _ = self.loadID.initialize(from: loadID.utf8)
    }

    deinit {
        arena.release()
        loadID.deallocate()
    }

    /// Releases the ids of the previous record.
    func begin() { arena.removeAll() }

    /// Puts ids and links into the cells of the current row.
    func identify(_ table: RowTable, _ link: Link?) throws -> RowIdentity {
        let supplied = row.value(of: RowTable.SystemSlots.id, table)
        let link = table.isNested ? link : nil
        if link == nil {
            row.set(RowTable.SystemSlots.loadID, Scalar(.text, UnsafeBufferPointer(loadID)), table)
        }
        if let supplied, supplied.isTruthy { return RowIdentity(id: supplied, isRandom: false) }
        text.removeAll()
        var isRandom = false
        if let link {
            row.set(RowTable.SystemSlots.parentID, link.parent.id, table)
            text.append(number: link.index)
            row.set(RowTable.SystemSlots.listIndex, Scalar(.bigint, arena.store(text.bytes)), table)
            text.removeAll()
            isRandom = link.parent.isRandom
            if isRandom {
                ids.random(into: text)
            } else {
                ids.child(
                    of: coercer.characters(of: link.parent.id), table: table.name, index: link.index, into: text)
            }
        } else {
            isRandom = try !derive(table)
            if isRandom { ids.random(into: text) }
        }
        let id = Scalar(.text, arena.store(text.bytes))
        row.set(RowTable.SystemSlots.id, id, table)
        return RowIdentity(id: id, isRandom: isRandom)
    }

    /// Derives a root row's id from its key or content into `text`, if its table requires that.
    private func derive(_ table: RowTable) throws -> Bool {
        content.removeAll()
        switch table.identity {
        case .random: return false
        case .keyHash: try appendKey(of: table)
        case .rowHash:
            guard case .object = record.nodes[record.rowNode].kind else { return false }
            try appendObject(of: table)
        }
        ids.digest(content.bytes, into: text)
        return true
    }

    /// The values of the primary key as canonical JSON.
    private func appendKey(of table: RowTable) throws {
        content.append(UInt8(ascii: "{"))
        let keys = (tables.schema[table: table.name]?.columns(with: "primary_key") ?? []).map(\.name)
        for (place, name) in keys.sorted(by: { ExactString($0) < ExactString($1) }).enumerated() {
            guard let value = row.value(of: table.slot(of: name), table) else {
                throw RecordError(
                    table: table.name, column: name,
                    reason: "the record lacks a column of its primary key",
                    hint: "correct the record, or the key with --primary-key")
            }
            if place > 0 { content.append(UInt8(ascii: ",")) }
            CanonicalJSON.append(string: name, to: content)
            content.append(UInt8(ascii: ":"))
            CanonicalJSON.append(value, characters: coercer.characters(of: value), to: content)
        }
        content.append(UInt8(ascii: "}"))
    }

    /// The whole object as canonical JSON, without our own columns.
    private func appendObject(of table: RowTable) throws {
        guard record.tape.depth <= JSONTape.recursionDepth else {
            throw RecordError(
                table: table.name, column: SystemColumns.id,
                reason: "the record is nested too deeply to be identified by its content",
                hint: "correct the record, or name a row version column")
        }
        CanonicalJSON(tape: record.tape, text: record.text).append(
            record.rowNode, to: content, skipping: { SystemTables.isSystemName($0) })
    }
}

/// The id of a row.
struct RowIdentity {
    /// As written in the row.
    let id: Scalar
    /// Whether it was drawn at random here, so that the ids below may be drawn too (a declared improvement).
    let isRandom: Bool
}

extension Scalar {
    /// The value's truth in Python: null, false, zero and the empty string are false.
    fileprivate var isTruthy: Bool {
        switch native {
        case nil: false
        case .bool?: bytes.first == UInt8(ascii: "t")
        case .text?: !bytes.isEmpty
        case .bigint?, .double?, .wei?: !NumberToken.isZero(bytes)
        default: true
        }
    }
}
