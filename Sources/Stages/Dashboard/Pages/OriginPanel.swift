import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RecordChanges
import Schemas

/// Of which line of which input a row was made, and that line.
struct OriginPanel {
    /// The row of a root table that the row belongs to.
    struct Root {
        let table: String
        let id: String
        let load: LoadID
        /// Texts that its line should have.
        let values: [String]
    }

    private enum Found {
        case line(RowOrigin, RawLine)
        /// Why there is none, as the end of a sentence about the package.
        case absent(HTML, reason: String, command: String?)
        case overdue
    }

    private let pipeline: PipelineFacts
    private let root: Root
    private let links: Links
    /// The same page, with all the time that it needs.
    private let complete: String
    private let found: Found

    init(_ pipeline: PipelineFacts, _ root: Root, _ links: Links, complete: String, limit: TimeLimit) {
        self.pipeline = pipeline
        self.root = root
        self.links = links
        self.complete = complete
        found = OriginPanel.find(pipeline, root, limit)
    }

    private static func find(_ pipeline: PipelineFacts, _ root: Root, _ limit: TimeLimit) -> Found {
        func absent(_ reason: String, _ command: String? = nil) -> Found {
            .absent(HTML(reason), reason: reason, command: command)
        }
        if hidesValues(pipeline, root.table) {
            return absent("Values of the table are hidden, and its lines would show them.")
        }
        guard let place = pipeline.place(of: root.load) else {
            return absent("Its package is not in this spool, so that the line is not known.")
        }
        let path = pipeline.spool.path(of: root.load, in: place)
        guard !PackageReader.isTrimmed(path) else {
            return .absent(
                """
                The package keeps only its manifest since it was loaded. <code>dlt-normalize --keep-origins</code> and \
                <code>dlt-load --keep-loaded N</code> keep the lines of the newest packages.
                """, reason: "the package keeps only its manifest", command: nil)
        }
        do {
            let package = try PackageReader(path, loadingRows: false)
            guard package.keepsOrigins else {
                return .absent(
                    "The package was made without <code>dlt-normalize --keep-origins</code>, so that the line is not known.",
                    reason: "the package keeps no origins", command: nil)
            }
            switch try package.origin(ofRow: root.id, in: root.table, isOverdue: { limit.isOver }) {
            case .overdue: return .overdue
            case .absent: return absent("The package has no such row.")
            case .found(let origin):
                let line = RawLine(origin, load: root.load, values: root.values, limit: limit)
                if case .overdue = line { return .overdue }
                return .line(origin, line)
            }
        } catch { return absent("The package cannot be read: \(Sentence.of("\(error)"))") }
    }

    /// A later run may have begun to hide what a kept line shows.
    private static func hidesValues(_ pipeline: PipelineFacts, _ table: String) -> Bool {
        for name in pipeline.schemaNames() {
            // Rules that cannot be read, or are not understood, may hide anything.
            guard let schema = try? pipeline.schema(name)?.schema else { return true }
            guard let hint = schema[table: table]?.properties[ChangeRules.hint], !hint.isNull else { continue }
            if ChangeRules(document: hint)?.hides ?? true { return true }
        }
        return false
    }

    var html: HTML { Panel.section("The line it was made of", id: "line", body) }

    private var body: HTML {
        switch found {
        case .overdue:
            return """
                <p class="partial">The package has many rows, and was read only in part. \
                <a class="complete" data-complete href="\(complete)">Look for the line</a></p>
                """
        case .absent(let words, _, let command):
            return "<p class=\"quiet\">\(words)</p>\(command.map { HTML.command($0) })"
        case .line(let origin, let line):
            let place: HTML = "<span class=\"value\">\(HTML.clipped(origin.words, to: 160))</span>"
            switch line {
            case .text(let text, let bytes, let isChanged):
                let shown = text.utf8.count
                let cut: HTML =
                    bytes > shown
                    ? " <span class=\"quiet\">The first \(NumberText.bytes(Int64(shown))) of \(NumberText.bytes(Int64(bytes))).</span>"
                    : ""
                let changed: HTML = isChanged ? " <span class=\"quiet\">The file was written since.</span>" : ""
                return "<p>\(place)\(cut)\(changed)</p><pre class=\"raw\" tabindex=\"0\">\(text)</pre>"
            case .absent(let reason):
                return "<p>\(place) <span class=\"quiet\">\(Sentence.of(reason.capitalizedFirst))</span></p>"
            case .overdue: return ""
            }
        }
    }

    var json: JSONValue {
        switch found {
        case .overdue: return ["partial": true]
        case .absent(_, let reason, _): return ["absent": .string(reason)]
        case .line(let origin, let line):
            var object = origin.source
            object["line"] = origin.line.map { .integer($0) }
            object["number"] = origin.number.map { .integer($0) }
            switch line {
            case .text(let text, let bytes, let isChanged):
                object["text"] = .string(text)
                object["bytes"] = .integer(bytes)
                if isChanged { object["changed"] = true }
            case .absent(let reason): object["absent"] = .string(reason)
            case .overdue: object["partial"] = true
            }
            return .object(object)
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
