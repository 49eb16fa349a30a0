import JSONText
import LoadPackages
import Markup
import PipelineStates
import ProgramSupport

/// What a pipeline remembers from one run to the next.
struct StatePage {
    private let pipeline: PipelineFacts
    private let links: Links
    private let state: PipelineState
    /// nil where the dataset cannot be read now.
    private let steps: CursorSteps?

    init(_ pipeline: PipelineFacts, _ links: Links, _ datasets: Datasets) throws {
        // A dataset may have the states of several pipelines.
        let subject = pipeline.dataset?.states.first?.pipeline ?? pipeline.name
        if case .found(let steps) = datasets.ask(pipeline, { try CursorSteps($0, of: subject) }) {
            self.steps = steps
        } else {
            steps = nil
        }
        self.pipeline = pipeline
        self.links = links
        state = try pipeline.committedState()
    }

    private struct Cursor {
        let subtree: StateTree.Subtree
        let path: String
        let memory: JSONValue
        var key: CursorSteps.Key {
            CursorSteps.Key(source: subtree.source, resource: subtree.resource, path: path)
        }

        func text(_ key: String) -> String? {
            guard let value = memory[key], !value.isNull else { return nil }
            return value.stringValue ?? value.serialized()
        }
    }

    func page() -> Page {
        let tree = state.sources
        var cursors: [Cursor] = []
        var others = HTML()
        for subtree in tree.subtrees {
            let object = tree[subtree] ?? [:]
            for (path, memory) in object["incremental"]?.objectValue?.members ?? [] {
                cursors.append(Cursor(subtree: subtree, path: path, memory: memory))
            }
            others += self.others(subtree, object)
        }
        var body = HTML()
        if cursors.isEmpty && others.isEmpty {
            body += Panel.empty(
                "It remembers nothing.",
                "A resource with a cursor, or one that delivers each file once, remembers how far it came.")
        }
        if !cursors.isEmpty { body += Panel.section("Cursors", id: "cursors", table(cursors)) }
        if !others.isEmpty { body += Panel.section("What else is remembered", id: "others", others) }
        body += waiting()
        return Page(
            route: .state(pipeline.name), title: "State", trail: pipeline.trail,
            lead: lead, body: body,
            json: [
                "pipeline": .string(pipeline.name), "version": .integer(state.version),
                "cursors": .array(cursors.map { .object(object($0)) }), "state": .object(state.document),
            ])
    }

    private var lead: HTML {
        state.version == 0
            ? "Nothing has been committed yet."
            : "Version \(state.version), as of the last load into the home. It travels with the data, and is committed with it."
    }

    private func table(_ cursors: [Cursor]) -> HTML {
        var table = DataTable(
            caption: "Cursors: the last value separates old records from new ones",
            columns: [
                .init(title: "Resource", isHead: true), .init(title: "Cursor"), .init(title: "Last value"),
                .init(title: "Advanced"), .init(title: "Began with"),
                .init(title: "Records at it", isNumber: true),
            ])
        for cursor in cursors {
            let boundary = cursor.memory["unique_hashes"]?.arrayValue?.count ?? 0
            table.rows.append([
                "<code>\(HTML.clipped(cursor.subtree.description, to: 60))</code>",
                "<code>\(HTML.clipped(cursor.path, to: 60))</code>",
                cursor.text("last_value").map { "<strong class=\"value\">\(HTML.clipped($0, to: 60))</strong>" } ?? "",
                steps?.steps[cursor.key]?.first.map { load($0.load) } ?? "",
                cursor.text("initial_value").map { "<span class=\"quiet\">\(HTML.clipped($0, to: 60))</span>" } ?? "",
                boundary == 0 ? "" : HTML(NumberText.count(boundary)),
            ])
        }
        let own = table.html + cursors.map(history).joined()
        if pipeline.isDatasetOnly { return own }
        return own
            + """
            <p class="hint">Start a resource over:</p>\
            \(HTML.command(Commands.reset(pipeline, cursors[0].subtree)))
            """
    }

    /// When a load was begun, with a link to its package.
    private func load(_ text: String) -> HTML {
        guard let id = LoadID(text) else { return "load <code>\(HTML.clipped(text, to: 40))</code>" }
        guard pipeline.place(of: id) != nil else { return .age(id.microseconds) }
        return "<a href=\"\(links(.package(pipeline.name, id)))\">\(HTML.age(id.microseconds))</a>"
    }

    /// The values that a cursor had before, load by load.
    private func history(_ cursor: Cursor) -> HTML {
        guard let steps, let own = steps.steps[cursor.key], own.count > 1 else { return "" }
        var table = DataTable(
            caption: "Values of the cursor, newest first",
            columns: [.init(title: "Brought by the load", isHead: true), .init(title: "Last value")])
        table.isDense = true
        table.rows = own.map { [load($0.load), HTML.clipped($0.value, to: 80)] }
        let more = steps.isCut ? " or more" : ""
        return """
            <details><summary><span>Steps of <code>\(HTML.clipped(cursor.path, to: 60))</code> of \
            <code>\(HTML.clipped(cursor.subtree.description, to: 60))</code></span> \
            <span class="quiet">\(NumberText.count(own.count))\(more)</span></summary>\(table.html)</details>
            """
    }

    /// What a resource remembers beside its cursors.
    private func others(_ subtree: StateTree.Subtree, _ object: JSONObject) -> HTML {
        var rest = object
        rest["incremental"] = nil
        guard !rest.isEmpty else { return "" }
        let text = JSONValue.object(rest).serialized(.pretty)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.prefix(400).joined(separator: "\n") + (lines.count > 400 ? "\n…" : "")
        return """
            <details\(lines.count <= 20 ? " open" as HTML : "")><summary><code>\(HTML.clipped(subtree.description, to: 60))</code> \
            <span class="quiet">\(NumberText.count(StateLeaves.of(rest).count, of: "value"))</span></summary>\
            <pre tabindex="0">\(shown)</pre></details>
            """
    }

    /// What packages that wait will change.
    private func waiting() -> HTML {
        var items: [HTML] = []
        for id in pipeline.waiting.suffix(20).reversed() {
            guard let manifest = try? pipeline.spool.manifest(of: id, in: .waiting), !manifest.base.subtrees.isEmpty
            else { continue }
            let names = manifest.base.subtrees.keys.compactMap { StateTree.Subtree(key: $0)?.description }
            let shown = names.prefix(6).map { "<code>\(HTML.clipped($0, to: 60))</code>" as HTML }
            items.append(
                """
                <li><a href="\(links(.package(pipeline.name, id)))">\(TimeText.utc(id.microseconds))</a> \
                changes \(shown.joined(", "))\(names.count > 6 ? " and \(names.count - 6) more" as HTML : "")</li>
                """)
        }
        return items.isEmpty ? "" : Panel.section("What waiting packages change", id: "waiting", "<ul>\(items)</ul>")
    }

    private func object(_ cursor: Cursor) -> JSONObject {
        var object: JSONObject = ["source": .string(cursor.subtree.source)]
        object["resource"] = cursor.subtree.resource.map { .string($0) }
        object["cursor"] = .string(cursor.path)
        object["last_value"] = cursor.memory["last_value"] ?? .null
        if let own = steps?.steps[cursor.key] {
            object["steps"] = .array(own.map { ["load_id": .string($0.load), "last_value": .string($0.value)] })
        }
        object["initial_value"] = cursor.memory["initial_value"] ?? .null
        return object
    }
}
