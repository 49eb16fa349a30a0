import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import SystemIO

/// The results of a load, for the summary and for `--json`.
struct LoadReport {
    enum Outcome: String {
        case loaded
        /// The number of packages that the destination had already.
        case present
        case planned
    }

    /// Its URL, without credentials.
    let destination: String
    private(set) var packages = 0
    private(set) var present = 0
    /// The number of rows by table, in the order of the tables' arrival.
    private(set) var tables: [(name: ExactString, rows: Int)] = []
    private(set) var rows = 0
    private var effects = RowEffects()
    private let start = Clock.monotonicNanoseconds()

    init(destination: String) { self.destination = destination }

    mutating func add(_ manifest: Manifest, _ outcome: Outcome) {
        if outcome == .present {
            present += 1
            return
        }
        packages += 1
        rows += manifest.rows
        for job in manifest.jobs where job.rows > 0 {
            let name = ExactString(job.table)
            if let place = tables.lastIndex(where: { $0.name == name }) {
                tables[place].rows += job.rows
            } else {
                tables.append((name, job.rows))
            }
        }
    }

    /// Counts the effects on existing rows.
    mutating func add(_ other: RowEffects) { effects.add(other) }

    func summarize(planned: Bool, _ messages: Messages) {
        let nanoseconds = Clock.monotonicNanoseconds() - start
        tellTables(messages)
        func counted(_ count: Int, _ noun: String) -> String {
            NumberText.count(count, of: noun)
        }
        var text = NumberText.rows(rows) + details + "; \(counted(packages, "package")) "
        text += "\(planned ? "would go " : "")into \(destination) in \(NumberText.duration(nanoseconds: nanoseconds))"
        if present > 0 { text += " (\(counted(present, "package")) had been loaded before)" }
        messages.summary(
            text,
            [
                ("packages", .count(packages)), ("present", .count(present)), ("tables", .count(tables.count)),
                ("rows", .count(rows)), ("removed", .count(effects.tables.values.reduce(0) { $0 + $1.removed })),
                ("destination", .text(destination)),
                ("seconds", .number(Double(nanoseconds) / 1e9)),
            ])
    }

    /// A line for each table, with `--verbose`.
    private func tellTables(_ messages: Messages) {
        for (table, rows) in tables {
            let effects = effects.tables[table]
            let (removed, updated) = (effects?.removed ?? 0, effects?.updated ?? 0)
            messages.detail(
                "table \(table.text): \(NumberText.rows(rows))"
                    + (removed > 0 ? ", \(NumberText.count(removed)) removed" : "")
                    + (updated > 0 ? ", \(NumberText.count(updated)) updated" : ""),
                [
                    ("table", .text(table.text)), ("rows", .count(rows)), ("removed", .count(removed)),
                    ("updated", .count(updated)), ("destination", .text(destination)),
                ])
        }
    }

    /// Rows by table: "; users: 2 removed, 0 inserted" if existing rows are concerned, else ": issues 57, users 5".
    private var details: String {
        let changed = effects.tables.filter { $0.value.removed > 0 || $0.value.updated > 0 }
        let plain = tables.filter { changed[$0.name] == nil }.sorted { $0.rows > $1.rows }
        let shown = plain.prefix(LoadReport.mostTables).map { "\($0.name.text) \(NumberText.count($0.rows))" }
        let others = plain.count > shown.count ? ["\(plain.count - shown.count) other tables"] : []
        var text = shown.isEmpty ? "" : ": " + (shown + others).joined(separator: ", ")
        for (table, counts) in changed.sorted(by: { $0.key < $1.key }) {
            let came = tables.first { $0.name == table }?.rows ?? 0
            let removed = counts.removed > 0 ? ["\(NumberText.count(counts.removed)) removed"] : []
            let updated = counts.updated > 0 ? ["\(NumberText.count(counts.updated)) updated"] : []
            let words = removed + updated + ["\(NumberText.count(counts.inserted ?? came)) inserted"]
            text += "; \(table.text): \(words.joined(separator: ", "))"
        }
        return text
    }

    private static let mostTables = 10

    /// When a package was begun, to the minute.
    static func time(of id: LoadID) -> String {
        String(LoadFailure.text(of: id.microseconds).prefix(16)).replacing("T", with: " ")
    }

    /// One package as a line of JSON.
    static func line(_ manifest: Manifest, _ outcome: Outcome, destination: String) -> JSONObject {
        var tables = JSONObject()
        for job in manifest.jobs {
            tables[job.table] = .integer((tables[job.table]?.intValue ?? 0) + job.rows)
        }
        return [
            "type": "PACKAGE", "load_id": .string(manifest.loadID.text), "pipeline": .string(manifest.pipeline),
            "destination": .string(destination), "status": .string(outcome.rawValue), "rows": .integer(manifest.rows),
            "tables": .object(tables),
        ]
    }
}
