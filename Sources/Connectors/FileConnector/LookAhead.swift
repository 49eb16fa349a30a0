import JSONText

/// Examines the tables that a run is going to read, so that it knows the types of their columns before it delivers any
/// row.
///
/// Opens files once more to do so. A pipe cannot be opened again: its rows are examined when it is read, and held until
/// then. Errors in a file are reported when it is read.
final class LookAhead {
    private let opener: FileOpener
    private let options: ReadingOptions
    private let columns: ResourceColumns
    private let evidence: ColumnEvidence
    private var budget: LookAheadBudget
    private var seen: Set<ExactString> = []

    /// The cost of a file of which only the header has to be examined.
    private static let rowsPerKnownFile = 20

    init(_ options: ReadingOptions, _ columns: ResourceColumns, _ opener: FileOpener) {
        self.opener = opener
        self.options = options
        self.columns = columns
        evidence = ColumnEvidence(nullValues: options.tables.nullValues)
        budget = LookAheadBudget(rows: options.tables.lookAhead)
    }

    var isOver: Bool { !options.tables.looksAhead || budget.isSpent }

    /// Whether this file was among those that decided the types of the columns.
    func hasSeen(_ file: PlannedFile) -> Bool { file.isNamed && seen.contains(file.identity) }

    func look(at file: PlannedFile, from place: FilePlace?) {
        // A pipe that is opened and closed again is lost to its writer.
        guard opener.canOpenAgain(file), let input = try? opener.open(file),
            let opened = try? OpenText(input, file, options, say: { _, _, _ in }), opened.isTable
        else { return }
        var reader = CSVReader(opened.dialect)
        var isKnown = true
        try? reader.look(at: opened.window, from: place, into: evidence, budget: &budget) { header in
            let places = header.texts.map { columns.isOpen($0, isResumed: place != nil) ? evidence.place(of: $0) : -1 }
            isKnown = places.allSatisfy { $0 < 0 }
            return isKnown ? nil : places
        }
        if isKnown { budget.rows -= LookAhead.rowsPerKnownFile }
        seen.insert(file.identity)
    }

    /// By its name, if there is no need to open it.
    func mayBeTable(_ file: PlannedFile) -> Bool {
        guard let name = file.fileName else { return false }
        switch options.format {
        case .csv, .tsv: return true
        case .json, .jsonl, .parquet: return false
        case .auto:
            if options.path != nil { return false }
            let format = FileFormat(name: name)
            return format != .json && format != .jsonl && format != .parquet
        }
    }

    func decide() { columns.decide(by: evidence) }
}
