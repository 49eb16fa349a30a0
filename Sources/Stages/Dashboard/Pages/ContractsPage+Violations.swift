import Failures
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RunJournals
import Schemas

/// What broke the contracts, over the newest runs, and the lines that were set aside.
extension ContractsPage {
    /// By table and column, newest first.
    func broken() -> HTML {
        let groups = violations.groups
        guard !groups.isEmpty else {
            let words: HTML =
                violations.runs == 0
                ? "There are no runs to look at."
                : "Nothing has broken a contract in the last \(NumberText.count(violations.runs, of: "run"))."
            return Panel.section("What broke them", id: "violations", "<p class=\"quiet\">\(words)</p>")
        }
        var table = DataTable(
            caption: "What broke the contracts, newest first",
            columns: [
                .init(title: "Where", isHead: true), .init(title: "Expected"), .init(title: "Got last"),
                .init(title: "So"), .init(title: "Times", isNumber: true), .init(title: "Runs", isNumber: true),
                .init(title: "Newest"),
            ])
        table.rows = groups.prefix(Self.mostGroups).map { group in
            let column: HTML = group.column.map { "<span class=\"place\">\(HTML.clipped($0, to: 60))</span>" } ?? ""
            let newest: HTML =
                group.runs.first.map { run in
                    """
                    <a href="\(links(.run(pipeline.name, run.id.text)))">\(HTML.age(run.at))</a>\
                    <span class="place">\(HTML.clipped(group.place, to: 60))</span>
                    """
                } ?? ""
            return [
                "<code>\(HTML.clipped(group.table, to: 60))</code>\(column)", HTML.clipped(group.expected, to: 60),
                HTML.clipped(group.got, to: 60), consequence(group.mode), HTML(NumberText.count(group.count)),
                HTML(NumberText.count(group.runs.count)), newest,
            ]
        }
        let rest: HTML =
            groups.count > Self.mostGroups
            ? " \(NumberText.count(groups.count - Self.mostGroups)) more are in the JSON of this page." : ""
        return Panel.section(
            "What broke them", id: "violations",
            table.html
                + """
                <p class="hint">In the last \(NumberText.count(violations.runs, of: "run")); each run notes the first 20 of each \
                program.\(rest)</p>
                """)
    }

    private static let mostGroups = 50

    private func consequence(_ mode: String) -> HTML {
        switch mode {
        case "freeze", "error": "the run failed"
        case "discard_row": "the row was left out"
        case "discard_value": "the value was left out"
        case "warning": "a warning"
        default: HTML(mode)
        }
    }

    /// The newest lines of the files of rejects, and the command that loads the rows when they are corrected.
    func setAside() -> HTML {
        guard !rejects.isEmpty else {
            return Panel.section(
                "Set aside", id: "rejects",
                """
                <p class="quiet">Rows that are left out go to the file that <code>dlt-normalize --rejects FILE</code> names, each with \
                the reason. The newest runs have named none that is still there. <code>dlt-schema validate</code> tries records against \
                a schema.</p>
                """)
        }
        return Panel.section("Set aside", id: "rejects", rejects.map(lines).joined())
    }

    private func lines(_ file: RejectsFile) -> HTML {
        let items = file.lines.map { line -> HTML in
            """
            <li data-row><p>\(HTML.clipped(line.reason, to: 240))</p>\
            <p class="quiet">\(HTML.clipped(line.place, to: 120)), \(line.time.prefix(19).replacing("T", with: " ")) UTC</p>\
            <pre class="raw" tabindex="0">\(marked(line))</pre></li>
            """
        }
        let roots = schemas.flatMap(\.dataTables).filter { $0.parent == nil }.map(\.name)
        // Of the others the row is loaded, without the value or the nested row.
        let missing = file.lines.filter { $0.isWholeRow && roots.contains($0.table ?? "") }
        let tables = Set(missing.compactMap(\.table)).sorted()
        let commands = tables.prefix(3).map { HTML.command(Commands.loadRejects(pipeline, file.path, table: $0)) }
        let count: HTML = file.isCut ? "The newest \(file.lines.count) of" : "\(NumberText.count(file.lines.count)) in"
        let again: HTML =
            commands.isEmpty
            ? "" : "<p class=\"hint\">When the rows are corrected in the file, load them:</p>\(commands.joined())"
        let others: HTML =
            file.lines.count { $0.table != nil } == missing.count
            ? ""
            : """
            <p class="hint">A row is loaded already if only a value or a nested row of it was left out: to load its record again would \
            double it, unless the table is merged.</p>
            """
        return """
            <p>\(count) <code>\(HTML.clipped(file.path, to: 120))</code></p>\
            <ol class="rejects">\(items)</ol>\(again)\(others)
            """
    }

    /// The record with the refused value marked, and clipped around it.
    private func marked(_ line: RejectsFile.Line) -> HTML {
        let text = line.record
        guard let value = line.value, let range = range(of: value, at: line.path, in: text) else {
            return HTML.clipped(text, to: Self.longestRecord)
        }
        let before = text[..<range.lowerBound]
        let after = text[range.upperBound...]
        let start =
            before.unicodeScalars.count > Self.around ? "…" + String(before.suffix(Self.around)) : String(before)
        let end = after.unicodeScalars.count > Self.around ? String(after.prefix(Self.around)) + "…" : String(after)
        return "\(start)<mark>\(HTML.clipped(String(text[range]), to: Self.around))</mark>\(end)"
    }

    private static let longestRecord = 2000
    private static let around = 600

    /// The value after the last name of its path; else where the value stands first.
    private func range(of value: String, at path: String?, in text: String) -> Range<String.Index>? {
        guard !value.isEmpty else { return nil }
        if let name = path?.split(separator: ".").last.map({ $0.prefix { $0 != "[" } }), !name.isEmpty,
            let key = text.firstRange(of: JSONValue.string(String(name)).serialized() + ":" + value)
        {
            return text.index(key.upperBound, offsetBy: -value.count)..<key.upperBound
        }
        return text.firstRange(of: value)
    }

    // MARK: As data

    func object(_ group: Violations.Group) -> JSONObject {
        var object: JSONObject = ["table": .string(group.table)]
        object["path"] = group.column.map { .string($0) }
        object["entity"] = .string(group.entity)
        object["mode"] = .string(group.mode)
        object["expected"] = .string(group.expected)
        object["got"] = .string(group.got)
        object["place"] = .string(group.place)
        object["times"] = .integer(group.count)
        object["runs"] = .strings(group.runs.map(\.id.text))
        return object
    }

    func object(_ line: RejectsFile.Line, _ file: RejectsFile) -> JSONObject {
        var object: JSONObject = [
            "file": .string(file.path), "time": .string(line.time), "reason": .string(line.reason),
        ]
        object["table"] = line.table.map { .string($0) }
        object["path"] = line.path.map { .string($0) }
        object["place"] = .string(line.place)
        object["value"] = line.value.flatMap { try? JSONValue(parsing: $0) }
        object["record"] = (try? JSONValue(parsing: line.record)) ?? .string(line.record)
        return object
    }
}

extension Commands {
    /// Loads the rows of a root table that are in a file of rejects, and not in the pipeline's home.
    static func loadRejects(_ pipeline: PipelineFacts, _ file: String, table: String) -> String {
        let options = ["--pipeline", pipeline.name] + (pipeline.dataDirectoryOption.map { ["--data-dir", $0] } ?? [])
        let dataset = pipeline.home.dataset.flatMap { $0.isEmpty ? nil : ["--dataset", $0] } ?? []
        let filter =
            "select(.pipeline == \(JSONValue.string(pipeline.name).serialized()) and .table == \(JSONValue.string(table).serialized()) and .mode == \"discard_row\") | .record // empty"
        return ShellWord.command(["jq", "-c", filter, file]) + " |\n  "
            + ShellWord.command(["dlt-normalize", "--table", table] + options) + " |\n  "
            + ShellWord.command(["dlt-load", pipeline.home.destination ?? "URL"] + dataset)
    }
}
