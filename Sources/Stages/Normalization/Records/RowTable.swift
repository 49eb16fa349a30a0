import DataContracts
import JSONText
import Schemas

/// A table while rows are made for it: its columns as slots for values, its keys, its child tables.
final class RowTable {
    let name: String
    /// Names of the tables and keys from the root to here, which names of child tables are made from.
    let fragments: [String]
    /// The parent of a new table in the schema; nil for a root.
    let parent: String?
    /// Whether rows link to a parent row. A nested table whose nesting was broken by a key acts as a root here.
    var isNested: Bool
    /// Handle of the package's writer.
    let output: Int
    let keys = KeyNode(path: [], origin: "")

    private(set) var slots: [ColumnSlot] = []
    private var slotOfName: [ExactString: Int] = [:]
    private(set) var lists: [ListSlot] = []
    private var listOfPath: [[ExactString]: Int] = [:]
    /// The keys that first led to child tables, to notice others.
    private var originOfChild: [ExactString: String] = [:]
    private var reportedChildren: Set<ExactString> = []

    /// The data that each row needs of its columns and lists, besides `slots` and `lists`, in memory that is not
    /// counted.
    private(set) var columns = Stack<ColumnState>(capacity: 32)
    private(set) var listStates = Stack<ListState>(capacity: 8)
    /// All labels ever made; pointers to them stay valid.
    private var labels: [UnsafeMutablePointer<UInt8>] = []

    /// Whether the table is in the schema.
    var isKnown: Bool
    /// The allowed changes of the table, and the contract that allows them.
    var contract = SchemaContract.evolve
    var contractName = ""
    /// Whether its stream is new to the schema: any columns may be added in this run, as in dlt.
    var isFirstRun = false
    /// Whether the contract leaves out the table, with all tables below it.
    var isDiscarded = false
    /// Whether its records are rows of texts.
    var cells: CellTypes?
    /// Whether its rows come from a list that the model leaves open.
    var mayBeAnything = false
    /// Whether a column makes the contract leave out every row that has its key.
    var discardsRows = false
    /// The model for records of a root table, if it has one.
    var model: RecordModel?
    var rows = 0
    /// The columns that the schema leaves out of this table's rows.
    var filters: ColumnFilters? {
        didSet { for index in slots.indices { update(slot: index) { $0.isExcluded = isExcluded($0.name) } } }
    }
    var hasFilters: Bool { filters != nil }
    /// How a row without a link to a parent is identified.
    var identity = RootIdentity.random
    /// The values of this table's rows that are passed to all rows below: `slot` here, name there.
    var propagated: [(slot: Int, name: String)] = []

    /// Slots of the columns that the normalizer adds: every table assigns them first.
    enum SystemSlots {
        static let names = [
            SystemColumns.id, SystemColumns.loadID, SystemColumns.parentID, SystemColumns.listIndex,
        ]
        static let id = 0
        static let loadID = 1
        static let parentID = 2
        static let listIndex = 3
    }

    init(name: String, fragments: [String], parent: String?, isNested: Bool, output: Int, schema: Table?) {
        self.name = name
        self.fragments = fragments
        self.parent = parent
        self.isNested = isNested
        self.output = output
        isKnown = schema != nil
        for name in SystemSlots.names { _ = slot(of: name) }
        for column in schema?.columns ?? [] { adopt(column) }
    }

    deinit {
        columns.release()
        listStates.release()
        for label in labels { label.deallocate() }
    }

    /// The slot of a column; a name gets one before the column exists.
    func slot(of name: String) -> Int {
        let key = ExactString(name)
        if let slot = slotOfName[key] { return slot }
        var slot = ColumnSlot(name: name)
        slot.isExcluded = isExcluded(name)
        slots.append(slot)
        slotOfName[key] = slots.count - 1
        let label = makeLabel(name)
        columns.append(ColumnState(label: label.baseAddress, labelCount: label.count, slot))
        return slots.count - 1
    }

    /// `,"name":`, ready to be copied into rows.
    private func makeLabel(_ name: String) -> UnsafeBufferPointer<UInt8> {
        var text = [UInt8(ascii: ",")]
        appendJSONString(name, to: &text)
        text.append(UInt8(ascii: ":"))
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
        _ = memory.initialize(from: text)
        if let start = memory.baseAddress { labels.append(start) }
        return UnsafeBufferPointer(memory)
    }

    private func isExcluded(_ column: String) -> Bool { filters?.exclude(column) ?? false }

    /// Notes that the schema now has this column.
    func adopt(_ column: Column) { update(slot: slot(of: column.name)) { $0.adopt(column) } }

    func update(slot: Int, _ change: (inout ColumnSlot) -> Void) {
        change(&slots[slot])
        columns.base[slot].adopt(slots[slot])
    }

    /// The index of the child table for lists at a path of normalized keys.
    func list(at path: [String]) -> Int {
        let key = path.map { ExactString($0) }
        if let list = listOfPath[key] { return list }
        lists.append(ListSlot(path: path))
        listStates.append(ListState())
        listOfPath[key] = lists.count - 1
        return lists.count - 1
    }

    func set(child: RowTable, ofList list: Int) { lists[list].child = child }

    /// Whether lists of the key `entry` still have to be noted in this generation.
    @inline(__always)
    func isUnnoted(list: Int, of entry: UnsafeMutablePointer<KeyEntry>, in generation: Int) -> Bool {
        listStates.base[list].isUnnoted(entry, in: generation)
    }

    func note(list: Int, of entry: UnsafeMutablePointer<KeyEntry>, in generation: Int) {
        listStates.base[list].note(entry, in: generation)
    }

    /// The key whose lists first went to the child table of that name; a second one is a collision, and is returned
    /// once.
    func collision(of origin: String, child: String) -> String? {
        guard let first = originOfChild[ExactString(child)] else {
            originOfChild[ExactString(child)] = origin
            return nil
        }
        guard ExactString(first) != ExactString(origin), reportedChildren.insert(ExactString(child)).inserted else {
            return nil
        }
        return first
    }

    /// The cell that a column has in the row `serial`, if it has one.
    @inline(__always)
    func cell(of slot: Int, in serial: Int) -> Int? {
        columns.base[slot].cell(in: serial)
    }

    /// Marks that a column got a value in the row `serial`; returns the cell it already had in that row.
    @inline(__always)
    func occupy(slot: Int, in serial: Int, cell: Int) -> Int? {
        let column = columns.base + slot
        if let known = column.pointee.cell(in: serial) { return known }
        column.pointee.set(cell: cell, in: serial)
        return nil
    }

    @inline(__always)
    func occupy(list: Int, in serial: Int, place: Int) -> Int? {
        let list = listStates.base + list
        if list.pointee.seenIn == serial { return list.pointee.place }
        list.pointee.seenIn = serial
        list.pointee.place = place
        return nil
    }
}

/// The data that every value needs of its column: half a line of the processor's cache.
struct ColumnState: BitwiseCopyable {
    /// `,"name":`.
    let label: UnsafePointer<UInt8>?
    private let labelBytes: Int32
    private var cellPlace: Int32 = 0
    private var seenIn = 0
    /// The generation in which nulls were noted, while there was no type.
    private var notedNullIn: Int32 = 0
    private(set) var type: DataType?
    private(set) var isNullable = true
    private(set) var keepsJSON = false

    init(label: UnsafePointer<UInt8>?, labelCount: Int, _ slot: ColumnSlot) {
        self.label = label
        labelBytes = Int32(labelCount)
        adopt(slot)
    }

    @inline(__always)
    var labelCount: Int { Int(labelBytes) }

    /// The cell that the column has in the row `serial`, if it has one.
    @inline(__always)
    func cell(in serial: Int) -> Int? { seenIn == serial ? Int(cellPlace) : nil }

    @inline(__always)
    mutating func set(cell: Int, in serial: Int) {
        seenIn = serial
        cellPlace = Int32(truncatingIfNeeded: cell)
    }

    /// Notes a null; false if that was noted in this generation before.
    mutating func noteNull(in generation: Int) -> Bool {
        defer { notedNullIn = Int32(truncatingIfNeeded: generation) }
        return notedNullIn != Int32(truncatingIfNeeded: generation)
    }

    mutating func adopt(_ slot: ColumnSlot) {
        type = slot.type
        isNullable = slot.isNullable
        // A dict or list is kept whole in this column.
        if case .json? = slot.type { keepsJSON = true } else { keepsJSON = slot.type == nil && slot.prefersJSON }
    }
}

struct ListState: BitwiseCopyable {
    var seenIn = 0
    var place = 0
    /// The key that was last noted for it, and the generation of that note.
    private var noted: UnsafeMutablePointer<KeyEntry>?
    private var notedIn = 0
    /// The generation in which two keys were noted: no more are needed.
    private var contestedIn = 0

    @inline(__always)
    func isUnnoted(_ entry: UnsafeMutablePointer<KeyEntry>, in generation: Int) -> Bool {
        noted != entry && contestedIn != generation || notedIn != generation
    }

    mutating func note(_ entry: UnsafeMutablePointer<KeyEntry>, in generation: Int) {
        if let noted, notedIn == generation,
            ExactString(noted.pointee.names.origin) != ExactString(entry.pointee.names.origin)
        {
            contestedIn = generation
        }
        noted = entry
        notedIn = generation
    }
}

/// A column of a `RowTable`: the schema's description, prepared for writing.
struct ColumnSlot {
    let name: String
    /// nil while the schema has no complete column of that name.
    private(set) var type: DataType?
    private(set) var hasTimezone = true
    private(set) var isNullable = true
    /// Whether the rules of `preferred_types` would make a new column of that name `json`.
    var prefersJSON = false
    /// Whether the schema's filters leave out values of this column.
    var isExcluded = false
    /// Slots of the variant columns, by the type of their values.
    var variants: [DataType: Int] = [:]
    /// Whether a value of this column was refused: from then on the contract leaves out each row that has the key, null
    /// or not.
    var discardsRow = false
    /// Whether it has only had nulls so far.
    var sawOnlyNull = false
    /// The key that first led here, to notice another one.
    var origin: String?
    var reportedCollision = false

    init(name: String) { self.name = name }

    mutating func adopt(_ column: Column) {
        type = column.dataType
        hasTimezone = column.hasTimezone
        isNullable = column.isNullable
    }
}

/// A list of a row and the table of its elements.
struct ListSlot {
    /// Normalized keys from the row to the list.
    let path: [String]
    /// Created for the first element.
    var child: RowTable?
}
