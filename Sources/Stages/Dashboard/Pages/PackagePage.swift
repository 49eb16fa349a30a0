import Failures
import JSONText
import LoadPackages
import Markup
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// One load package: where it is, what is in it, and what it changes.
struct PackagePage {
    /// Checksums of this many bytes are compared without being asked for.
    private static let checkedAtOnce: Int64 = 8 << 20
    private static let sampleRows = 3

    private let pipeline: PipelineFacts
    private let links: Links
    private let id: LoadID
    private let place: Spool.Place
    private let manifest: Manifest
    /// nil when only the manifest is left.
    private let reader: PackageReader?
    private let damage: String?
    private let isChecked: Bool

    init(_ pipeline: PipelineFacts, _ links: Links, _ id: LoadID, _ question: Question) throws {
        guard let place = pipeline.place(of: id) else { throw PageMissing() }
        self.pipeline = pipeline
        self.links = links
        self.id = id
        self.place = place
        do { manifest = try pipeline.spool.manifest(of: id, in: place) } catch let error as SystemError
            where error.isAbsence
        { throw PageMissing() }
        var damage: String?
        if PackageReader.isTrimmed(pipeline.spool.path(of: id, in: place)) {
            reader = nil
        } else {
            do { reader = try pipeline.spool.open(id, in: place) } catch {
                reader = nil
                damage = "\(error)"
            }
        }
        self.damage = damage
        isChecked = question["check"] != nil || manifest.bytes <= Self.checkedAtOnce
    }

    func page() -> Page {
        let reason = place == .failed ? pipeline.spool.failureReason(of: id) : nil
        let changes = schemaChanges()
        let jobs = jobRows()
        var body = notices(reason)
        body += facts(reason)
        body += schemaSection(changes)
        body += stateSection()
        body += Panel.section("Rows by table", id: "jobs", aside: checkLink, jobs.html)
        body += samples()
        return Page(
            route: .package(pipeline.name, id), title: "Package of \(TimeText.utc(id.microseconds))",
            trail: pipeline.trail + [("Packages", .packages(pipeline.name))],
            status: .health(place.health, place.word), body: body, json: .object(object(reason, changes, jobs.results)))
    }

    // MARK: Parts

    private func notices(_ reason: FailureReason?) -> HTML {
        var notices = HTML()
        if let damage {
            notices += Panel.notice(.failed, title: "The package is damaged", HTML(damage))
        }
        if let reason {
            let table: HTML = reason.table.map { " It is about table <code>\($0)</code>." } ?? ""
            notices += Panel.notice(
                .failed, title: "It failed with status \(reason.status)", "\(Sentence.of(reason.message))\(table)",
                hint: reason.hint,
                command: Commands.retry(pipeline, id))
        } else if place == .failed {
            notices += Panel.notice(
                .failed, title: "It has failed", "The reason was not noted.", command: Commands.retry(pipeline, id)
            )
        }
        if place == .waiting {
            notices += Panel.notice(
                .waiting, title: "It waits to be loaded", "This shows what the load would do, and does nothing:",
                command: Commands.loadPending(pipeline, isDry: true))
        }
        return notices
    }

    private func facts(_ reason: FailureReason?) -> HTML {
        Panel.facts([
            ("Rows", HTML(NumberText.count(manifest.rows))), ("Size", HTML(NumberText.bytes(manifest.bytes))),
            ("Begun", .age(id.microseconds)),
            ("Builds on", manifest.base.loadID.map { link($0) } ?? "what was loaded"),
            (
                "Schema",
                """
                <a href="\(links(.schema(pipeline.name), [("name", manifest.schemaName)]))">\
                \(HTML.clipped(manifest.schemaName, to: 40))</a>\(reader.map { ", version \($0.schema.version)" } ?? "")
                """
            ),
            ("Run key", manifest.runKey.map { "<code>\(HTML.clipped($0, to: 60))</code>" }),
            ("Failed", reason.map { HTML($0.time) }), ("Load id", "<code>\(id.text)</code>"),
        ])
    }

    private func link(_ other: LoadID) -> HTML {
        let time = TimeText.utc(other.microseconds)
        return pipeline.place(of: other) == nil
            ? HTML(time) : "<a href=\"\(links(.package(pipeline.name, other)))\">\(time)</a>"
    }

    /// nil where the schemas are no longer here.
    private func schemaChanges() -> [ChangeWords]? {
        if manifest.base.schemaHash == manifest.schemaHash { return [] }
        guard let reader else { return nil }
        guard let hash = manifest.base.schemaHash else {
            return ChangeWords.list(SchemaDiff(Schema(name: reader.schema.name), reader.schema, includesAll: false))
        }
        guard let base = base(hash) else { return nil }
        return ChangeWords.list(SchemaDiff(base, reader.schema, includesAll: false))
    }

    private func base(_ hash: String) -> Schema? {
        if let id = manifest.base.loadID, let place = pipeline.place(of: id),
            let schema = try? pipeline.spool.open(id, in: place).schema, schema.versionHash == hash
        {
            return schema
        }
        let committed = try? pipeline.spool.committedSchema(manifest.schemaName)
        return committed?.versionHash == hash ? committed : nil
    }

    private func schemaSection(_ changes: [ChangeWords]?) -> HTML {
        if let changes, changes.isEmpty { return "" }
        let body: HTML =
            changes.map { ChangeWords.html($0) }
                ?? """
                <p class="quiet">The schema changed. What changed is on the page \
                <a href="\(links(.history(pipeline.name)))">History</a>, since the package no longer has its schema.</p>
                """
        return Panel.section("What it changes in the schema", id: "schema", body)
    }

    private func stateSection() -> HTML {
        guard let reader else {
            let names = manifest.base.subtrees.keys.compactMap { StateTree.Subtree(key: $0)?.description }
            guard !names.isEmpty else { return "" }
            let items = names.map { "<li><code>\(HTML.clipped($0))</code></li>" as HTML }
            return Panel.section("What it changed in the state", id: "state", "<ul>\(items)</ul>")
        }
        let committed = place == .waiting ? (try? pipeline.spool.committedState())?.sources ?? StateTree() : nil
        var table = DataTable(
            caption: "Values of the state that the package changes",
            columns: [.init(title: "Where", isHead: true), .init(title: "Value"), .init(title: "Before")])
        for subtree in reader.state.subtrees + reader.removedState {
            let new = reader.state[subtree] ?? [:]
            let changes =
                committed.map { StateLeaves.changes($0[subtree] ?? [:], new) }
                ?? StateLeaves.of(new).map { ($0.name, nil, $0) }
            for change in changes.prefix(100) {
                table.rows.append([
                    "<code>\(HTML.clipped("\(subtree).\(change.name)", to: 80))</code>",
                    change.new.map { "<code>\(HTML.clipped($0.text))</code>" } ?? "<em>removed</em>",
                    change.old.map { "<code class=\"quiet\">\(HTML.clipped($0.text))</code>" } ?? "",
                ])
            }
        }
        return table.rows.isEmpty ? "" : Panel.section("What it changes in the state", id: "state", table.html)
    }

    private var checkLink: HTML {
        guard !isChecked, reader != nil, !links.areFiles else { return "" }
        return """
            <a href="\(links(.package(pipeline.name, id), [("check", "1")]))">Compare \(NumberText.bytes(manifest.bytes)) \
            with their checksums</a>
            """
    }

    private func jobRows() -> (html: HTML, results: [String]) {
        var table = DataTable(
            caption: "Files of rows",
            columns: [
                .init(title: "Table", isHead: true), .init(title: "Rows", isNumber: true),
                .init(title: "Size", isNumber: true), .init(title: "Checksum"), .init(title: "File"),
            ])
        var results: [String] = []
        for job in manifest.jobs {
            var result = ""
            var shown: HTML = "<code class=\"quiet\">\(job.checksum)</code>"
            if let reader, isChecked {
                do {
                    try reader.verify(job)
                    result = "sound"
                    shown = "\(HTML.health(.done, "sound")) \(shown)"
                } catch {
                    result = "\(error)"
                    shown = "\(HTML.health(.failed, "damaged")) \(HTML.clipped("\(error)"))"
                }
            }
            results.append(result)
            table.rows.append([
                "<code>\(HTML.clipped(job.table, to: 60))</code>", HTML(NumberText.count(job.rows)),
                HTML(NumberText.bytes(job.bytes)), shown,
                "<code class=\"quiet\">\(HTML.clipped(job.file, to: 60))</code>",
            ])
        }
        if manifest.jobs.isEmpty {
            return (
                Panel.empty("It has no rows.", "A package without rows carries state, or a change of the schema."), []
            )
        }
        return (table.html, results)
    }

    private func samples() -> HTML {
        guard let reader else {
            return """
                <p class="quiet">The rows are in the destination; the package keeps only its manifest. \
                <code>dlt-load --keep-loaded</code> keeps the rows of the newest packages.</p>
                """
        }
        var blocks = HTML()
        var seen: Set<String> = []
        for job in manifest.jobs where seen.insert(job.table).inserted && seen.count <= 20 {
            guard let rows = try? reader.rows(of: job) else { continue }
            var text = ""
            var count = 0
            while count < Self.sampleRows, let line = try? rows.next() {
                text +=
                    String(decoding: line.bytes.prefix(2000), as: UTF8.self) + (line.bytes.count > 2000 ? "…" : "")
                    + "\n"
                count += 1
            }
            blocks += """
                <details><summary><code>\(HTML.clipped(job.table, to: 60))</code> \
                <span class="quiet">\(count) of \(NumberText.rows(job.rows))</span></summary><pre tabindex="0">\(text)</pre></details>
                """
        }
        return blocks.isEmpty ? "" : Panel.section("First rows", id: "samples", blocks)
    }

    private func object(_ reason: FailureReason?, _ changes: [ChangeWords]?, _ results: [String]) -> JSONObject {
        var object = manifest.document
        object["place"] = .string(place.word)
        object["damage"] = damage.map { .string($0) }
        object["reason"] = reason.map { .object($0.document) }
        object["schema_changes"] = changes.map { .array($0.map { .object($0.object) }) } ?? .null
        object["state"] = reader.map { .object($0.state.sources) } ?? .null
        object["checks"] = isChecked && reader != nil ? .strings(results) : .null
        return object
    }
}
