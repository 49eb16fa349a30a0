import Coercion
import Identifiers
import JSONText

/// Walks an object of the tape along the tree of keys seen at its place, and puts each scalar that it finds into the
/// cell of its column.
///
/// dlt's order: the scalars of an object first, then its objects from the last to the first. The order in which columns
/// are discovered, and which of two colliding keys wins, follow from it. A new key takes a slow path once.
final class Flattener {
    private let record: RecordAtHand
    private let row: RowAtHand
    private let tables: RowTables
    private let turn: any Turn

    // The current record, in the form that every value needs.
    private var nodes: UnsafePointer<TapeNode>
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var generation = 0

    /// Counts objects: a key with an older number has not appeared in this one.
    private var serial = 0

    // Work space, reused from row to row.
    private var objects = Stack<OpenObject>()
    private var members = Stack<Member>()

    private struct OpenObject: BitwiseCopyable {
        let node: Int
        /// A `KeyNode`, uncounted: its table holds it.
        let keys: UnsafeMutableRawPointer
        let level: Int
    }

    private struct Member: BitwiseCopyable {
        let entry: UnsafeMutablePointer<KeyEntry>
        var node: Int
    }

    init(_ record: RecordAtHand, into row: RowAtHand, _ tables: RowTables, _ turn: any Turn) {
        self.record = record
        self.row = row
        self.tables = tables
        self.turn = turn
        nodes = record.nodes
    }

    deinit {
        objects.release()
        members.release()
    }

    /// Prepares for the current record.
    func begin() {
        nodes = record.nodes
        text = record.text
        generation = tables.generation
    }

    /// - Parameter level: the number of levels below this one that are unpacked.
    func flatten(_ node: Int, _ table: RowTable, _ level: Int) {
        objects.append(OpenObject(node: node, keys: Unmanaged.passUnretained(table.keys).toOpaque(), level: level))
        while let open = objects.popLast() {
            collectMembers(of: open.node, open.keys, table)
            for place in 0..<members.count {
                let entry = members[place].entry
                let value = members[place].node
                switch nodes[value].kind {
                case .object where !isKept(slot: entry.pointee.slot, table, open.level):
                    objects.append(
                        OpenObject(node: value, keys: object(of: entry, in: open.keys), level: open.level - 1))
                case .array where !isKept(slot: entry.pointee.slot, table, open.level):
                    if table.isUnnoted(list: entry.pointee.list, of: entry, in: generation) { note(list: entry, table) }
                    row.setList(entry.pointee.list, node: value, table)
                default:
                    if entry.pointee.isUnnoted(in: generation) { note(entry, table) }
                    row.set(entry.pointee.slot, Scalar(nodes[value], in: text), table, from: entry)
                }
            }
        }
    }

    /// Puts a value that is not a member of an object (an element of a list, a list in a list) under a key of ours.
    func put(_ node: Int, under key: String, _ table: RowTable, _ level: Int) {
        let slot = tables.slot(of: key, in: table)
        if case .array = nodes[node].kind, !isKept(slot: slot, table, level) {
            row.setList(table.list(at: [key]), node: node, table)
        } else {
            row.set(slot, Scalar(nodes[node], in: text), table)
        }
    }

    /// An object or list that is not unpacked.
    @inline(__always)
    private func isKept(slot: Int, _ table: RowTable, _ level: Int) -> Bool {
        level <= 0 || table.columns.base[slot].keepsJSON
    }

    // MARK: Keys

    /// The members of an object, each key once: as in every JSON reader, the last value of a key counts, at the
    /// position of the first.
    @inline(__always)
    private func collectMembers(of node: Int, _ keys: UnsafeMutableRawPointer, _ table: RowTable) {
        members.truncate(to: 0)
        serial += 1
        var key = node + 1
        var previous: UnsafeMutablePointer<KeyEntry>?
        var predicted = Unmanaged<KeyNode>.fromOpaque(keys)._withUnsafeGuaranteedRef { $0.first }
        for _ in 0..<nodes[node].count {
            let raw = bytes(nodes[key])
            let entry: UnsafeMutablePointer<KeyEntry>
            if let predicted, predicted.pointee.matches(raw) {
                entry = predicted
            } else {
                entry = find(raw, key, keys, table)
                previous?.pointee.successor = entry
            }
            previous = entry
            predicted = entry.pointee.successor
            if let member = entry.pointee.meet(in: serial, place: members.count) {
                members.base[member].node = key + 1
            } else {
                members.append(Member(entry: entry, node: key + 1))
            }
            key = Int(nodes[key + 1].next)
        }
    }

    @inline(never)
    private func find(
        _ raw: UnsafeBufferPointer<UInt8>, _ key: Int, _ keys: UnsafeMutableRawPointer, _ table: RowTable
    ) -> UnsafeMutablePointer<KeyEntry> {
        let node = Unmanaged<KeyNode>.fromOpaque(keys).takeUnretainedValue()
        return node.lookUp(raw) ?? makeEntry(raw, key, node, table)
    }

    private func makeEntry(
        _ raw: UnsafeBufferPointer<UInt8>, _ key: Int, _ keys: KeyNode, _ table: RowTable
    ) -> UnsafeMutablePointer<KeyEntry> {
        let text = record.tape.string(at: key, in: self.text)
        let part = tables.part(ofColumn: text)
        let column = keys.path.isEmpty ? part : tables.naming.shortenFragments(keys.path + [part])
        let origin = keys.origin.isEmpty ? text : "\(keys.origin).\(text)"
        return keys.insert(
            raw, names: KeyEntry.Names(origin: origin, part: part), slot: tables.slot(of: column, in: table),
            list: table.list(at: keys.path + [tables.part(ofTable: text)]))
    }

    @inline(__always)
    private func object(
        of entry: UnsafeMutablePointer<KeyEntry>, in keys: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        (entry.pointee.object ?? makeObject(of: entry, in: keys)).toOpaque()
    }

    private func makeObject(
        of entry: UnsafeMutablePointer<KeyEntry>, in keys: UnsafeMutableRawPointer
    ) -> Unmanaged<KeyNode> {
        let keys = Unmanaged<KeyNode>.fromOpaque(keys).takeUnretainedValue()
        let names = entry.pointee.names
        return entry.pointee.own(KeyNode(path: keys.path + [names.part], origin: names.origin))
    }

    @inline(never)
    private func note(_ entry: UnsafeMutablePointer<KeyEntry>, _ table: RowTable) {
        entry.pointee.note(in: generation)
        turn.note(key: entry.pointee.names.origin, slot: entry.pointee.slot, table)
    }

    @inline(never)
    private func note(list entry: UnsafeMutablePointer<KeyEntry>, _ table: RowTable) {
        table.note(list: entry.pointee.list, of: entry, in: generation)
        let child = tables.naming.shortenFragments(table.fragments + table.lists[entry.pointee.list].path)
        turn.note(list: entry.pointee.names.origin, child: child, table)
    }

    @inline(__always)
    private func bytes(_ node: TapeNode) -> UnsafeBufferPointer<UInt8> {
        let start = Int(node.start)
        return UnsafeBufferPointer(start: text.baseAddress.map { $0 + start }, count: Int(node.end) - start)
    }
}
