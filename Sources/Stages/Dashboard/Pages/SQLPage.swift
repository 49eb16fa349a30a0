import DatasetReaders
import Failures
import JSONText
import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// A query, and its rows. It cannot write, whatever it says.
struct SQLPage {
    private static let rows = 200
    private static let examples = 4

    private let pipeline: PipelineFacts
    private let links: Links
    private let question: Question
    private let datasets: Datasets

    init(_ pipeline: PipelineFacts, _ links: Links, _ question: Question, _ datasets: Datasets) {
        self.pipeline = pipeline
        self.links = links
        self.question = question
        self.datasets = datasets
    }

    private enum Outcome {
        case nothing
        case rows(DataRows)
        case refused(QueryFailure)
        case absent(Datasets.Absence)
    }

    private var text: String { question["q"] ?? "" }

    func page() -> Page {
        let outcome = outcome()
        return Page(
            route: .sql(pipeline.name), title: "SQL", trail: pipeline.trail,
            lead:
                "Queries only: nothing can be changed from here. They have \(Int(pipeline.patience)) seconds, and end with the page.",
            body: form + html(outcome) + onward + SQLNames(pipeline).html, json: json(outcome), isLive: false)
    }

    private func outcome() -> Outcome {
        guard question["q"] != nil else { return .nothing }
        var query = Query(text)
        query.isExplained = question["plan"] != nil
        let answer = datasets.ask(pipeline) { session, control -> Outcome in
            control.restart(seconds: pipeline.patience)
            do { return .rows(try DataRows(session.open(query), limit: Self.rows)) } catch let failure as QueryFailure {
                return .refused(failure)
            }
        }
        switch answer {
        case .found(let outcome): return outcome
        case .absent(let absence): return .absent(absence)
        }
    }

    private var form: HTML {
        """
        <form class="sql" action="\(links(.sql(pipeline.name)))"><label class="hidden" for="sql">Query</label>\
        <textarea id="sql" name="q" rows="6" spellcheck="false" autocomplete="off" maxlength="6000" \
        placeholder="SELECT … FROM …">\(text)</textarea><p><button type="submit">Run</button> \
        <button type="submit" name="plan" value="1" class="second">Plan</button> \
        <button type="button" class="second" data-cancel hidden>Cancel</button> \
        <span class="quiet"><kbd>Ctrl</kbd> <kbd>Enter</kbd></span></p></form>
        """
    }

    /// The same in a terminal, and in another person's browser.
    private var onward: HTML {
        guard question["q"] != nil else { return "" }
        let link = links(.sql(pipeline.name), question.pairs)
        return """
            <details><summary>Take it along</summary><p>The same query in a terminal, of all rows:</p>\
            \(HTML.command(Commands.query(pipeline, text, isExplained: question["plan"] != nil)))\
            <p class="hint"><a href="\(link)">A link to this query</a> for others with the token; \
            <a href="\(links.json(.sql(pipeline.name), question.pairs))">its rows as JSON</a>.</p></details>
            """
    }

    private func html(_ outcome: Outcome) -> HTML {
        switch outcome {
        case .nothing: return suggestions
        case .absent(let absence): return AbsencePanel.html(absence, retry: links(.sql(pipeline.name), question.pairs))
        case .refused(let failure):
            let place: HTML =
                failure.offset.map { offset in
                    let bytes = Array(text.utf8)
                    let before = String(
                        decoding: bytes.prefix(max(0, min(offset, bytes.count))).suffix(60), as: UTF8.self)
                    let after = String(decoding: bytes.dropFirst(max(0, offset)).prefix(60), as: UTF8.self)
                    return "<pre class=\"place\">\(before)<mark>\(after.isEmpty ? " " : after)</mark></pre>"
                } ?? ""
            return Panel.notice(
                .failed, title: failure.isRefusal ? "Refused" : "It did not run", "\(Sentence.of(failure.message))",
                hint: Self.hint(failure)) + place
        case .rows(let rows):
            let numbers = rows.columns.indices.map { rows.isNumber($0) }
            let head = rows.columns.enumerated().map { index, column -> HTML in
                "<th scope=\"col\"\(numbers[index] ? " class=\"number\"" as HTML : "")>\(HTML.clipped(column.name, to: 60))</th>"
            }
            let body = rows.rows.map { row -> HTML in
                let cells = row.enumerated().map { index, value -> HTML in
                    numbers[index] ? "<td class=\"number\">\(value.html)</td>" : "<td>\(value.html)</td>"
                }
                return "<tr data-row>\(cells)</tr>"
            }
            return """
                <p class="quiet result">\(NumberText.rows(rows.rows.count))\(rows.isCut ? "; more were left out" : "")</p>\
                <div class="table wide" tabindex="0" role="region" aria-label="Result"><table><caption>Result</caption>\
                <thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
                """
        }
    }

    private var suggestions: HTML {
        let tables = (pipeline.schemaNames().first.flatMap { try? pipeline.schema($0)?.schema })?.dataTables ?? []
        let items = tables.prefix(Self.examples).map { table -> HTML in
            let sql = "SELECT * FROM \"\(table.name.replacing("\"", with: "\"\""))\" LIMIT 20"
            return
                "<li><a href=\"\(links(.sql(pipeline.name), [("q", sql)]))\"><code>\(HTML.clipped(sql, to: 100))</code></a></li>"
        }
        return items.isEmpty ? "" : Panel.section("To begin with", id: "examples", "<ul>\(items)</ul>")
    }

    /// Without the option of other programs that gives a query more time.
    private static func hint(_ failure: QueryFailure) -> String? {
        failure.interruption == .overdue ? "ask for less, or ask with dlt-query, which waits longer" : failure.hint
    }

    private func json(_ outcome: Outcome) -> JSONValue {
        var object: JSONObject = ["pipeline": .string(pipeline.name), "q": .string(text)]
        switch outcome {
        case .nothing: break
        case .absent(let absence): object["absent"] = .string(AbsencePanel.word(absence))
        case .refused(let failure):
            object["error"] = .string(failure.message)
            object["hint"] = Self.hint(failure).map { .string($0) }
            object["refused"] = .bool(failure.isRefusal)
        case .rows(let rows):
            object["columns"] = .strings(rows.columns.map(\.name))
            object["rows"] = rows.json
            object["more"] = .bool(rows.isCut)
        }
        return .object(object)
    }
}
