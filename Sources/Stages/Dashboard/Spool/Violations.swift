import JSONText
import LoadPackages
import RunJournals

/// What the newest runs say broke the contracts: by table, column and what was expected.
struct Violations {
    struct Group {
        let table: String
        let column: String?
        let expected: String
        let mode: String
        let entity: String
        /// The newest value, as the journal quotes it.
        var got: String
        var place: String
        var count = 0
        /// The runs in which it came, newest first.
        var runs: [(id: RunID, at: Int64)] = []
    }

    private(set) var groups: [Group] = []
    /// How many runs were looked at.
    private(set) var runs = 0
    /// Files with rows that were set aside, those of the newest runs first.
    private(set) var files: [String] = []

    private static let mostRuns = 100

    init(_ catalog: Catalog, _ pipeline: PipelineFacts, limit: TimeLimit) {
        for id in pipeline.runs.prefix(Violations.mostRuns) {
            guard !limit.isOver || runs == 0 else { break }
            guard let run = catalog.runs.run(id, pipeline.journal) else { continue }
            runs += 1
            for program in run.programs {
                if let path = program.start.flatMap({ RejectsFile.path(of: $0) }), !files.contains(path) {
                    files.append(path)
                }
                for notice in program.notices.reversed() { add(notice, run) }
            }
        }
        groups.sort { ($0.runs.first?.at ?? 0, $0.count) > ($1.runs.first?.at ?? 0, $1.count) }
    }

    private mutating func add(_ notice: RunNotice, _ run: RecordedRun) {
        guard let event = notice.event, let kind = event["event"]?.stringValue,
            kind == "contract_violated" || kind == "quality_violated", let table = event["table"]?.stringValue
        else { return }
        let column = event["path"]?.stringValue ?? event["column"]?.stringValue
        let expected = event["expected"]?.stringValue ?? ""
        let entity = event["entity"]?.stringValue ?? event["metric"]?.stringValue ?? ""
        let mode = event["mode"]?.stringValue ?? event["severity"]?.stringValue ?? ""
        let known = groups.firstIndex {
            $0.table == table && $0.column == column && $0.expected == expected && $0.mode == mode
                && $0.entity == entity
        }
        if known == nil {
            groups.append(
                Group(
                    table: table, column: column, expected: expected, mode: mode, entity: entity,
                    got: event["got"]?.stringValue ?? "", place: event["place"]?.stringValue ?? ""))
        }
        let place = known ?? groups.count - 1
        groups[place].count += 1
        if groups[place].runs.last?.id != run.id {
            groups[place].runs.append((run.id, run.id.microseconds ?? notice.at))
        }
    }
}
