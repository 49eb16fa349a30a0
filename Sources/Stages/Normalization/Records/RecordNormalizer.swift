import Coercion
import DataContracts
import Digests
package import Identifiers
package import JSONText
package import Schemas
import SystemIO

/// Where rows go.
package protocol RowOutput: AnyObject {
    /// The handle under which rows of a table are appended.
    func table(_ name: String) -> Int
    /// Where the next row of a table is put, at the end of what is there: a JSON object and its newline.
    func buffer(of table: Int) -> ByteBuffer
    /// Takes the last so many bytes of the table's buffer for a row.
    func endRow(of table: Int, bytes: Int) throws
}

/// Something that only who takes records in their turn may do: see `RecordNormalizer.isAhead`.
struct OutOfTurn: Error {
    /// What follows in the input can hardly stay as it is.
    var isChange = true
}

/// What is to be told of records that were normalized ahead of their turn, beside their rows.
enum Note {
    /// A key's values went to a column for the first time.
    case key(origin: String, column: String, table: RowTable, line: Int)
    /// A column without a type got a null.
    case null(column: String, table: RowTable)
}

/// Turns records into rows of linked tables and lets the schema grow with them.
///
/// A record is flattened in dlt's order: the scalars of an object first, then its objects from the last to the first;
/// the order in which columns are discovered, and which of two colliding keys wins, follow from it. Then its row is
/// written, then the rows of its lists. What the schema does not know takes a slow path once.
package final class RecordNormalizer {
    package internal(set) var schema: Schema { didSet { revision += 1 } }
    /// Counts changes of the schema.
    private(set) var revision = 0
    /// Works on records whose turn has not come, against a copy of the schema. Whatever would change it, or be an error, is
    /// refused with `OutOfTurn`, and what is to be told of becomes a note.
    let isAhead: Bool
    var notes: [Note] = []
    /// What contracts left out elsewhere when the schema was taken over.
    private(set) var adoptedLeftOut: [Snapshot.LeftOut] = []
    /// Notes are made once in a generation.
    private(set) var generation = 1
    let naming: Naming
    let rules: HintRules
    let detections: [Detection]
    let breaksPaths: Bool
    /// dlt's `relational_no_coercion`: a value of another type than its column's is always a variant.
    let isStrict: Bool
    /// Some table has filters; they come with the schema, not with the data.
    let hasFilters: Bool
    let coercer: Coercer
    unowned let output: any RowOutput
    let report: (EvolutionEvent) -> Void
    private let loadID: UnsafeMutableBufferPointer<UInt8>

    var tables: [ExactString: RowTable] = [:]
    private var ids = RowIDs()
    private var arena = IDArena()

    // The record at hand.
    let tape: JSONTape
    private var nodes: UnsafePointer<TapeNode>
    var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    var line = 0

    // Counts rows and object scans; what carries an older number has not been met in this one.
    private var serial = 0

    // The row at hand: where it stands on the tape, whether its columns may come whatever the contract says, and what
    // makes the contract leave it out.
    var rowNode = 0
    var isFreeRow = false
    var rowViolation: ContractViolation?

    // Work space, reused from row to row.
    var cells = Stack<Cell>()
    private var objects = Stack<OpenObject>()
    private var members = Stack<Member>()
    /// Lists of the rows that are open, outermost first.
    private var lists = Stack<OpenList>()
    /// Values that the rows above pass on to all below.
    private var inherited: [(name: String, value: Scalar)] = []
    /// The buffer of the table whose row is being written.
    var row = ByteBuffer(capacity: 64)
    private let idText = ByteBuffer()

    struct Cell: BitwiseCopyable {
        let slot: Int
        var value: Scalar
        /// The key that it came from; nil for what the normalizer adds.
        var entry: UnsafeMutablePointer<KeyEntry>?
    }

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

    private struct OpenList: BitwiseCopyable {
        let list: Int
        var node: Int
    }

    private enum Item {
        case object(Int)
        case scalar(Int)
        case list(Int)

        var node: Int {
            switch self {
            case .object(let node), .scalar(let node), .list(let node): node
            }
        }
    }

    private struct Link {
        /// The parent's `_dlt_id` as its row has it.
        let parent: Scalar
        let index: Int
        /// The root's id was drawn at random here, so the ids below may be drawn too (a declared improvement).
        let isRandom: Bool
    }

    package init(
        schema: Schema, naming: Naming, tape: JSONTape, loadID: String, nowSeconds: Double, output: any RowOutput,
        isAhead: Bool = false, report: @escaping (EvolutionEvent) -> Void
    ) throws {
        self.schema = schema
        self.naming = naming
        self.isAhead = isAhead
        self.tape = tape
        nodes = tape.nodes
        self.loadID = .allocate(capacity: loadID.utf8.count)
        _ = self.loadID.initialize(from: loadID.utf8)
        self.output = output
        self.report = report
        rules = try HintRules(settings: schema.settings)
        detections = (schema.settings["detections"]?.arrayValue ?? []).compactMap {
            $0.stringValue.flatMap(Detection.init(rawValue:))
        }
        breaksPaths = schema.normalizers["use_break_path_on_normalize"]?.boolValue ?? true
        hasFilters = schema.tables.contains { $0.properties["filters"] != nil }
        isStrict =
            schema.normalizers["json"]?["module"]?.stringValue?.hasSuffix("relational_no_coercion") ?? false
        coercer = Coercer(nowSeconds: nowSeconds)
    }

    deinit {
        arena.release()
        loadID.deallocate()
        cells.release()
        objects.release()
        members.release()
        lists.release()
    }

    /// A root table that records are normalized into.
    package final class Root {
        fileprivate let table: RowTable
        fileprivate(set) var maximumNesting = 0
        /// Hints that come into the schema with the first record: a stream without any changes nothing.
        fileprivate var hints: ((inout Schema) throws -> Void)?
        /// Handle of the package's writer.
        package var output: Int { table.output }
        /// The next record changes the schema.
        /// Or its records are counted one after the other.
        var mustComeInTurn: Bool { hints != nil || table.model?.countsRecords == true }
        package var name: String { table.name }
        var model: RecordModel? { table.model }

        fileprivate init(table: RowTable) { self.table = table }
    }

    /// The deepest nesting that is unpacked, whatever a schema says: dlt's default.
    package static let maximumNesting = 1000

    /// Opens a root table for records.
    package func root(_ name: String) -> Root { Root(table: rowTable(name, fragments: [name], parent: nil)) }

    /// As one whose hints are in the schema already.
    func root(_ name: String, maximumNesting: Int) -> Root {
        let root = root(name)
        root.maximumNesting = maximumNesting
        return root
    }

    /// Takes over a schema that has grown elsewhere, for work ahead; what was noted before is noted again.
    func adopt(_ schema: Schema, leftOut: [Snapshot.LeftOut]) {
        generation += 1
        notes.removeAll()
        self.adoptedLeftOut = leftOut
        edit { $0 = schema }
    }

    /// Lets results of work ahead no longer count, for something else than the schema.
    func changed() { revision += 1 }

    /// Says what hints a root's table gets before its next record.
    package func hint(_ root: Root, _ hints: @escaping (inout Schema) throws -> Void) { root.hints = hints }

    /// Brings the hints of a root into the schema.
    package func prepare(_ root: Root) throws {
        guard let hints = root.hints else { return }
        if isAhead { throw OutOfTurn() }
        root.hints = nil
        var hinted = schema
        try hints(&hinted)
        try admit(&hinted, of: root.table)
        schema = hinted
        // They are about the root and what lies below it; of other tables there may be thousands.
        for table in tables.values where table.fragments.starts(with: root.table.fragments) { refresh(table) }
        let limit =
            schema[table: root.name]?.maxNesting ?? schema.normalizers["json"]?["config", "max_nesting"]?.intValue
            ?? RecordNormalizer.maximumNesting
        root.maximumNesting = min(limit, RecordNormalizer.maximumNesting)
    }

    /// Changes the schema from outside the records (hints of a stream) and lets the tables know.
    package func edit(_ change: (inout Schema) throws -> Void) rethrows {
        try change(&schema)
        for table in tables.values { refresh(table) }
    }

    /// Rows made so far, by table, in the order in which the tables were met.
    package var rowCounts: [(table: String, rows: Int)] {
        tables.values.filter { $0.rows > 0 }.map { ($0.name, $0.rows) }.sorted {
            ExactString($0.table) < ExactString($1.table)
        }
    }

    /// Columns that only ever got nulls and have no type.
    package var nullOnlyColumns: [(table: String, column: String)] {
        tables.values.flatMap { table in
            table.slots.filter { $0.sawOnlyNull && $0.type == nil }.map { (table.name, $0.name) }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// Normalizes the record at node `index` of the scanned `text`.
    package func normalize(record index: Int, of text: UnsafeBufferPointer<UInt8>, line: Int, into root: Root) throws {
        self.text = text
        self.line = line
        if root.hints != nil { try prepare(root) }
        nodes = tape.nodes
        arena.removeAll()
        inherited.removeAll(keepingCapacity: true)
        lists.truncate(to: 0)
        if let model = root.table.model {
            rowNode = index
            guard try follows(model, record: index, root.table) else { return }
        }
        switch nodes[index].kind {
        case .object: try process(.object(index), in: root.table, level: root.maximumNesting, link: nil)
        // What is no object is the value of a column, or a list under that column's name.
        default: try process(.scalar(index), in: root.table, level: root.maximumNesting, link: nil)
        }
    }

    // MARK: Rows

    private func process(_ item: Item, in table: RowTable, level: Int, link: Link?) throws {
        rowNode = item.node
        if table.isDiscarded { return try leaveOut(rowOf: table) }
        serial += 1
        let rowSerial = serial
        cells.truncate(to: 0)
        let firstList = lists.count
        switch item {
        case .object(let index): flatten(index, table, level, rowSerial)
        case .scalar(let index): assign(value: index, key: SystemColumns.value, table, level, rowSerial)
        case .list(let index): assign(value: index, key: SystemColumns.list, table, level, rowSerial)
        }

        for (name, value) in inherited { set(table.slot(of: name), value, table, rowSerial) }
        let identity = try identify(item, table, link, rowSerial)
        if table.hasFilters {
            dropExcludedCells(table)
            // A row of which nothing is left goes, and all below it.
            if cells.count == 0 { return lists.truncate(to: firstList) }
        }
        guard try write(table) else { return lists.truncate(to: firstList) }

        let inheritedBefore = inherited.count
        for (slot, name) in table.propagated {
            guard let cell = table.cell(of: slot, in: rowSerial), cells[cell].value.native != nil else { continue }
            inherited.append((name, cells[cell].value))
        }
        var next = firstList
        while next < lists.count {
            let open = lists[next]
            next += 1
            guard nodes[open.node].count > 0 else { continue }
            try processElements(
                open.node, in: child(table, open.list), level: level - 1, parent: identity.id,
                isRandom: identity.isRandom)
        }
        lists.truncate(to: firstList)
        inherited.removeLast(inherited.count - inheritedBefore)
    }

    private func dropExcludedCells(_ table: RowTable) {
        var kept = 0
        for place in 0..<cells.count where !table.slots[cells[place].slot].isExcluded {
            cells[kept] = cells[place]
            kept += 1
        }
        cells.truncate(to: kept)
    }

    private func processElements(
        _ list: Int, in table: RowTable, level: Int, parent: Scalar, isRandom: Bool
    ) throws {
        var element = list + 1
        for index in 0..<Int(nodes[list].count) {
            let link = Link(parent: parent, index: index, isRandom: isRandom)
            switch nodes[element].kind {
            case .object: try process(.object(element), in: table, level: level, link: link)
            case .array: try process(.list(element), in: table, level: level - 1, link: link)
            default: try process(.scalar(element), in: table, level: level, link: link)
            }
            element = Int(nodes[element].next)
        }
    }

    /// Gives the row its ids and links; returns the id for the rows below.
    private func identify(
        _ item: Item, _ table: RowTable, _ link: Link?, _ rowSerial: Int
    ) throws -> (id: Scalar, isRandom: Bool) {
        let supplied = table.cell(of: RowTable.SystemSlots.id, in: rowSerial).map { cells[$0].value }
        let link = table.isNested ? link : nil
        if link == nil {
            set(RowTable.SystemSlots.loadID, Scalar(.text, UnsafeBufferPointer(loadID)), table, rowSerial)
        }
        if let supplied, supplied.isTruthy { return (supplied, false) }
        idText.removeAll()
        var isRandom = false
        if let link {
            set(RowTable.SystemSlots.parentID, link.parent, table, rowSerial)
            idText.append(number: link.index)
            set(RowTable.SystemSlots.listIndex, Scalar(.bigint, arena.store(idText.bytes)), table, rowSerial)
            idText.removeAll()
            isRandom = link.isRandom
            if isRandom {
                ids.random(into: idText)
            } else {
                ids.child(of: coercer.characters(of: link.parent), table: table.name, index: link.index, into: idText)
            }
        } else {
            isRandom = try !derive(item, table, rowSerial)
            if isRandom { ids.random(into: idText) }
        }
        let id = Scalar(.text, arena.store(idText.bytes))
        set(RowTable.SystemSlots.id, id, table, rowSerial)
        return (id, isRandom)
    }

    /// Derives a root row's id from its key or content into `idText`, when its table asks for that.
    private func derive(_ item: Item, _ table: RowTable, _ rowSerial: Int) throws -> Bool {
        if table.identity == .random { return false }
        let content = ByteBuffer()
        switch table.identity {
        case .random: break
        case .keyHash:
            content.append(UInt8(ascii: "{"))
            let keys = (schema[table: table.name]?.columns(with: "primary_key") ?? []).map(\.name)
            for (place, name) in keys.sorted(by: { ExactString($0) < ExactString($1) }).enumerated() {
                guard let cell = table.cell(of: table.slot(of: name), in: rowSerial) else {
                    throw RecordError(
                        line: line, table: table.name, column: name,
                        reason: "the record lacks a column of its primary key",
                        hint: "correct the record, or the key with --primary-key")
                }
                if place > 0 { content.append(UInt8(ascii: ",")) }
                CanonicalJSON.append(string: name, to: content)
                content.append(UInt8(ascii: ":"))
                let value = cells[cell].value
                CanonicalJSON.append(value, characters: coercer.characters(of: value), to: content)
            }
            content.append(UInt8(ascii: "}"))
        case .rowHash:
            guard case .object(let index) = item else { return false }
            guard tape.depth <= JSONTape.recursionDepth else {
                throw RecordError(
                    line: line, table: table.name, column: SystemColumns.id,
                    reason: "the record is nested too deep to be identified by its content",
                    hint: "correct the record, or name a row version column")
            }
            CanonicalJSON(tape: tape, text: text).append(
                index, to: content, skipping: { SystemTables.isSystemName($0) })
        }
        ids.digest(content.bytes, into: idText)
        return true
    }

    // MARK: Flattening

    private func flatten(_ index: Int, _ table: RowTable, _ level: Int, _ rowSerial: Int) {
        objects.append(OpenObject(node: index, keys: Unmanaged.passUnretained(table.keys).toOpaque(), level: level))
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
                    remember(list: entry.pointee.list, node: value, table, rowSerial)
                default:
                    assign(Scalar(nodes[value], in: text), entry, table, rowSerial)
                }
            }
        }
    }

    /// The members of an object, each key once: as in every JSON reader the last value of a key counts, in the place of
    /// its first.
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

    /// An object or list is not unpacked.
    @inline(__always)
    private func isKept(slot: Int, _ table: RowTable, _ level: Int) -> Bool {
        level <= 0 || table.columns.base[slot].keepsJSON
    }

    /// Puts a value that is not a member of an object (an element of a list, a list in a list) under a key of ours.
    private func assign(value index: Int, key: String, _ table: RowTable, _ level: Int, _ rowSerial: Int) {
        let slot = self.slot(of: key, in: table)
        if case .array = nodes[index].kind, !isKept(slot: slot, table, level) {
            remember(list: table.list(at: [key]), node: index, table, rowSerial)
        } else {
            set(slot, Scalar(nodes[index], in: text), table, rowSerial)
        }
    }

    private func remember(list: Int, node: Int, _ table: RowTable, _ rowSerial: Int) {
        if let place = table.occupy(list: list, in: rowSerial, place: lists.count) {
            lists.base[place].node = node
        } else {
            lists.append(OpenList(list: list, node: node))
        }
    }

    @inline(__always)
    private func assign(
        _ value: Scalar, _ entry: UnsafeMutablePointer<KeyEntry>, _ table: RowTable, _ rowSerial: Int
    ) {
        let slot = entry.pointee.slot
        if entry.pointee.isUnnoted(in: generation) { note(entry, table) }
        if let cell = table.occupy(slot: slot, in: rowSerial, cell: cells.count) {
            cells.base[cell].value = value
        } else {
            cells.append(Cell(slot: slot, value: value, entry: entry))
        }
    }

    @inline(__always)
    private func set(_ slot: Int, _ value: Scalar, _ table: RowTable, _ rowSerial: Int) {
        if let cell = table.occupy(slot: slot, in: rowSerial, cell: cells.count) {
            cells.base[cell].value = value
        } else {
            cells.append(Cell(slot: slot, value: value, entry: nil))
        }
    }

    // MARK: What is told of once

    @inline(never)
    private func note(_ entry: UnsafeMutablePointer<KeyEntry>, _ table: RowTable) {
        entry.pointee.note(in: generation)
        let origin = entry.pointee.names.origin
        if isAhead {
            let column = table.slots[entry.pointee.slot].name
            notes.append(.key(origin: origin, column: column, table: table, line: line))
        } else {
            noteKey(origin, slot: entry.pointee.slot, table, line: line)
        }
    }

    private func noteKey(_ origin: String, slot: Int, _ table: RowTable, line: Int) {
        guard let first = table.slots[slot].origin else { return table.update(slot: slot) { $0.origin = origin } }
        guard !table.slots[slot].reportedCollision, ExactString(first) != ExactString(origin) else { return }
        table.update(slot: slot) { $0.reportedCollision = true }
        report(
            .nameCollision(table: table.name, column: table.slots[slot].name, keys: [first, origin], line: line))
    }

    func noteNull(slot: Int, _ table: RowTable) {
        if isAhead {
            notes.append(.null(column: table.slots[slot].name, table: table))
        } else {
            table.update(slot: slot) { $0.sawOnlyNull = true }
        }
    }

    /// Takes a note of records that were normalized ahead, now that it is their turn.
    ///
    /// - Parameter lines: how many lines there are before those that the note counts.
    func take(_ note: Note, after lines: Int) {
        switch note {
        case .key(let origin, let column, let table, let line):
            let table = own(table)
            noteKey(origin, slot: slot(of: column, in: table), table, line: lines + line)
        case .null(let column, let table):
            let table = own(table)
            noteNull(slot: slot(of: column, in: table), table)
        }
    }

    private func makeEntry(
        _ raw: UnsafeBufferPointer<UInt8>, _ key: Int, _ keys: KeyNode, _ table: RowTable
    ) -> UnsafeMutablePointer<KeyEntry> {
        let text = tape.string(at: key, in: self.text)
        var part = breaksPaths ? naming.normalizePath(text) : (try? naming.normalizeIdentifier(text)) ?? ""
        // A key like "__" breaks into nothing; dlt loses its value in a column without a name.
        if part.isEmpty { part = SystemColumns.blankKey }
        let column = keys.path.isEmpty ? part : naming.shortenFragments(keys.path + [part])
        let origin = keys.origin.isEmpty ? text : "\(keys.origin).\(text)"
        return keys.insert(
            raw, names: KeyEntry.Names(origin: origin, part: part), slot: slot(of: column, in: table),
            list: table.list(at: keys.path + [listPart(text)]))
    }

    private func listPart(_ key: String) -> String {
        breaksPaths ? naming.normalizeTablesPath(key) : (try? naming.normalizeTableIdentifier(key)) ?? ""
    }

    func slot(of column: String, in table: RowTable) -> Int {
        let slot = table.slot(of: column)
        if table.slots[slot].type == nil, rules.preferredType(of: column) == .json {
            table.update(slot: slot) { $0.prefersJSON = true }
        }
        return slot
    }

    @inline(__always)
    private func bytes(_ node: TapeNode) -> UnsafeBufferPointer<UInt8> {
        let start = Int(node.start)
        return UnsafeBufferPointer(start: text.baseAddress.map { $0 + start }, count: Int(node.end) - start)
    }
}

extension Scalar {
    /// As Python sees it: null, false, zero and the empty string are not.
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
