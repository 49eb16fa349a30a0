import InspectionSupport
import JSONText
import Markup
import ProgramSupport
import Schemas

/// The differences between two schemas in words, a sentence each.
struct ChangeWords {
    enum Kind: String { case added, removed, changed }

    let kind: Kind
    let html: HTML
    /// For data: as `dlt-schema diff --json` has it.
    let object: JSONObject

    static func list(_ diff: SchemaDiff) -> [ChangeWords] {
        diff.differences.map { difference in
            ChangeWords(
                kind: Kind(rawValue: difference.change.rawValue) ?? .changed, html: words(difference, diff),
                object: object(difference))
        }
    }

    static func html(_ changes: [ChangeWords], limit: Int = 200) -> HTML {
        guard !changes.isEmpty else { return "<p class=\"quiet\">Nothing that concerns tables or columns.</p>" }
        let items = changes.prefix(limit).map { change -> HTML in
            "<li class=\"change is-\(change.kind.rawValue)\"><span class=\"hidden\">\(change.kind.rawValue): </span>\(change.html)</li>"
        }
        let rest: HTML =
            changes.count > limit ? "<li class=\"quiet\">and \(NumberText.count(changes.count - limit)) more</li>" : ""
        return "<ul class=\"changes\">\(items)\(rest)</ul>"
    }

    private static func words(_ difference: SchemaDiff.Difference, _ diff: SchemaDiff) -> HTML {
        guard let name = difference.table else {
            return """
                setting \(code(difference.property ?? "")): \(value(difference.old)) became \(value(difference.new))
                """
        }
        let table = code(name)
        guard let column = difference.column else {
            if let property = difference.property {
                return "table \(table): \(code(property)) \(became(difference))"
            }
            let whole = (difference.change == .added ? diff.new : diff.old)[table: name]
            let count = NumberText.count(whole?.columns.count ?? 0, of: "column")
            let below: HTML = whole?.parent.map { " below \(code($0))" } ?? ""
            return difference.change == .added
                ? "table \(table) came\(below), with \(count)" : "table \(table) went, with \(count)"
        }
        switch (difference.change, difference.property) {
        case (.added, _):
            return "column \(code(column)) came to \(table): \(type(difference.new))"
        case (.removed, _):
            return "column \(code(column)) went from \(table): \(type(difference.old))"
        case (.changed, let property):
            return "column \(code(column)) of \(table): \(code(property ?? "")) \(became(difference))"
        }
    }

    private static func became(_ difference: SchemaDiff.Difference) -> HTML {
        switch (difference.old, difference.new) {
        case (nil, let new?): "is now \(value(new))"
        case (let old?, nil): "is no longer \(value(old))"
        default: "was \(value(difference.old)), is now \(value(difference.new))"
        }
    }

    private static func type(_ hints: JSONValue?) -> HTML {
        let column = Column(hints: hints?.objectValue ?? [:])
        let more = column.hintTexts
        return "\(column.typeText)\(more.isEmpty ? "" : ", " + more.joined(separator: ", "))"
    }

    private static func code(_ text: String) -> HTML { "<code>\(HTML.clipped(text, to: 60))</code>" }

    private static func value(_ value: JSONValue?) -> HTML {
        guard let value, !value.isNull else { return "nothing" }
        return code(value.stringValue ?? value.serialized())
    }

    private static func object(_ difference: SchemaDiff.Difference) -> JSONObject {
        var object: JSONObject = ["change": .string(difference.change.rawValue)]
        object["table"] = difference.table.map { .string($0) }
        object["column"] = difference.column.map { .string($0) }
        object["property"] = difference.property.map { .string($0) }
        object["old"] = difference.old
        object["new"] = difference.new
        return object
    }
}
