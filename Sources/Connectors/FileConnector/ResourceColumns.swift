import JSONText
import RecordSources
import Schemas
import SystemIO

/// The user's options for reading tables.
struct TableSettings {
    /// Rows that are examined before columns get their types; 0: each cell is judged by itself.
    var lookAhead = LookAheadBudget.usualRows
    /// Every cell is text.
    var isAllText = false
    /// Unquoted cells that stand for null.
    var nullValues: [[UInt8]] = []

    var looksAhead: Bool { lookAhead > 0 && !isAllText }
}

/// The types of the columns of a resource's tables, the same in all its files.
///
/// The first that applies decides: a hint; the type that the table has; the type that an earlier part of the same run
/// of files was given; the rows examined ahead. The decision goes into the stream before the rows do, and into the
/// resource's memory.
final class ResourceColumns {
    let settings: TableSettings
    private let resource: String
    private let sink: any RecordSink
    /// What the next stage knows about types; nil: values have their own.
    private var told: JSONObject?
    private var hasBegun = false
    private var declared: JSONObject?
    private(set) var handle = 0

    /// Types of columns without a hint.
    private var types: [ExactString: DataType] = [:]
    private var hinted: [ExactString: DataType] = [:]
    /// Examined, and empty so far.
    private var empty: Set<ExactString> = []
    private var asked: Set<ExactString> = []
    /// Decided here, and to be remembered.
    private var decided: JSONObject
    private var said: Set<String> = []

    init(_ resource: String, _ settings: TableSettings, sink: any RecordSink) {
        self.resource = resource
        self.settings = settings
        self.sink = sink
        decided = sink.state(of: resource)["columns"]?.objectValue ?? [:]
        for (name, type) in decided.members {
            guard let type = type.stringValue.flatMap(DataType.init(stored:)) else {
                empty.insert(ExactString(name))
                continue
            }
            types[ExactString(name)] = type
        }
    }

    /// What the resource should remember, including the decisions.
    func memory(in memory: JSONObject) -> JSONObject {
        var memory = memory
        if !decided.isEmpty { memory["columns"] = .object(decided) }
        return memory
    }

    // MARK: Types

    /// Whether rows have to be examined to know the type of a column.
    func isOpen(_ name: String, isResumed: Bool) -> Bool {
        let key = ExactString(name)
        if !settings.isAllText, asked.insert(key).inserted {
            switch sink.columnType(name, of: resource) {
            case .hinted(let type)?: hinted[key] = type
            case .stored(let type)?: types[key] = type
            case nil: break
            }
        }
        guard settings.looksAhead else { return false }
        return types[key] == nil && hinted[key] == nil && !(isResumed && empty.contains(key))
    }

    /// Adopts the types that rows have shown for undecided columns.
    func decide(by evidence: ColumnEvidence) {
        for name in evidence.names {
            let type = evidence.type(of: name)
            if let type { types[ExactString(name)] = type } else { empty.insert(ExactString(name)) }
            decided[name] = type.map { .string($0.rawValue) } ?? .null
        }
    }

    /// How the cells of a file's columns are written; tells the next stage first.
    ///
    /// - Parameters:
    ///   - isLookedAt: the file was among those that decided the types of the columns.
    ///   - isResumed: an earlier run has read a part of it.
    ///   - window: begins with the first row.
    func rules(
        for header: CSVHeader, isLookedAt: Bool, isResumed: Bool, ahead window: ByteWindow, _ scanner: RowScanner
    ) throws -> [CellRule] {
        let names = header.texts
        let open = names.map { isOpen($0, isResumed: isResumed) }
        if open.contains(true), !isLookedAt {
            let evidence = ColumnEvidence(nullValues: settings.nullValues)
            let places = zip(names, open).map { $1 ? evidence.place(of: $0) : -1 }
            var budget = LookAheadBudget(rows: settings.lookAhead)
            // Errors in those rows are reported when they are read.
            do {
                try evidence.look(at: window, scanner, budget: &budget, places: places, isConsuming: false)
            } catch is FileSyntaxError {}
            decide(by: evidence)
        }
        var all = told ?? [:]
        for name in names {
            if settings.isAllText { all[name] = .string(DataType.text.rawValue) }
            if let type = types[ExactString(name)], !settings.isAllText, hinted[ExactString(name)] == nil {
                all[name] = .string(type.rawValue)
            }
        }
        try begin(withTypes: all)
        return names.map(rule)
    }

    private func rule(of name: String) -> CellRule {
        if settings.isAllText { return .text }
        let key = ExactString(name)
        return (hinted[key] ?? types[key]).map { CellRule($0) } ?? .byCell
    }

    // MARK: The stream

    /// Announces the resource to the sink, or changes how its texts are to be read.
    ///
    /// - Parameter types: nil where values have types of their own.
    func begin(withTypes types: JSONObject?) throws {
        guard !hasBegun || told != types else { return }
        let hints: JSONObject = types.map { ["cell_types": .object($0)] } ?? [:]
        handle = try sink.begin(resource, hints: hints, primaryKey: nil, cursor: nil)
        hasBegun = true
        told = types
    }

    /// Announces the resource with the columns that a file declares; the next file may declare others.
    func begin(withColumns columns: JSONObject) throws {
        guard !hasBegun || declared != columns else { return }
        handle = try sink.begin(resource, hints: ["columns": .object(columns)], primaryKey: nil, cursor: nil)
        hasBegun = true
        declared = columns
    }

    /// Announces the resource, unless that was done before.
    func begin() throws { if !hasBegun { try begin(withTypes: nil) } }

    // MARK: Messages

    /// Reports something that holds for many of the resource's files once.
    func say(_ kind: String, _ message: String, hint: String? = nil, isNote: Bool = false) {
        guard said.insert(kind).inserted else { return }
        if isNote { sink.note(message) } else { sink.warn(message, hint: hint) }
    }

    var file = ""

    func remark(on header: CSVHeader) {
        for (name, other) in header.renamed {
            say(
                "renamed \(other)", "\(file): the column `\(name)` appears again, and is renamed `\(other)`",
                isNote: true)
        }
        if header.holdsNumbersOnly {
            say(
                "numbers", "\(file): the first line contains only numbers, and is read as the header",
                hint: "if the file has no header: --no-header")
        }
    }
}
