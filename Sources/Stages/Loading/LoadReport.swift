import JSONText
import LoadPackages
import ProgramSupport
import SystemIO

/// What was done, for the summary and for `--json`.
struct LoadReport {
    enum Outcome: String {
        case loaded
        /// The destination had it already.
        case present
        case planned
    }

    /// Its URL, without credentials.
    let destination: String
    private(set) var packages = 0
    private(set) var present = 0
    private(set) var tables: Set<ExactString> = []
    private(set) var rows = 0
    private let start = Clock.monotonicNanoseconds()

    init(destination: String) { self.destination = destination }

    mutating func add(_ manifest: Manifest, _ outcome: Outcome) {
        if outcome == .present {
            present += 1
            return
        }
        packages += 1
        rows += manifest.rows
        for job in manifest.jobs where job.rows > 0 { tables.insert(ExactString(job.table)) }
    }

    func summarize(planned: Bool, _ messages: Messages) {
        let nanoseconds = Clock.monotonicNanoseconds() - start
        func counted(_ count: Int, _ noun: String) -> String {
            NumberText.count(count, of: noun)
        }
        var text = "\(counted(packages, "package")), \(counted(tables.count, "table")), \(NumberText.rows(rows)) "
        text += "\(planned ? "would go " : "")into \(destination) in \(NumberText.duration(nanoseconds: nanoseconds))"
        if present > 0 { text += " (\(counted(present, "package")) had been loaded before)" }
        messages.summary(
            text,
            [
                ("packages", .count(packages)), ("present", .count(present)), ("tables", .count(tables.count)),
                ("rows", .count(rows)), ("destination", .text(destination)),
                ("seconds", .number(Double(nanoseconds) / 1e9)),
            ])
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
