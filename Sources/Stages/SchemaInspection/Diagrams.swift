import InspectionSupport
import JSONText
import Schemas

/// The contents of a diagram: tables with typed columns, and the references between them.
struct Diagram {
    let name: String
    let tables: [Table]
    let references: [Reference]

    init(_ schema: Schema, withSystemTables: Bool) {
        name = schema.name
        let tables = schema.tables.filter { $0.isDrawn && (withSystemTables || !$0.isSystem) }
        self.tables = tables
        let drawn = Set(tables.map { ExactString($0.name) })
        references = schema.references.filter {
            drawn.contains(ExactString($0.table)) && drawn.contains(ExactString($0.referencedTable))
        }
    }
}

/// https://mermaid.js.org/syntax/entityRelationshipDiagram.html, line for line as dlt writes it.
enum MermaidDiagram {
    private static let arrows = [
        "one_to_many": "||--|{", "many_to_one": "}|--||", "zero_to_many": "|o--|{", "many_to_zero": "}|--o|",
        "one_to_one": "||--||", "many_to_many": "}|--|{", "zero_to_one": "|o--o|", "one_to_zero": "|o--o|",
    ]

    static func text(_ diagram: Diagram) -> String {
        var text = "erDiagram\n"
        for table in diagram.tables {
            text += "    \(entity(table.name)){\n"
            for column in table.drawnColumns { text += "    \(self.column(column))\n" }
            text += "}\n"
        }
        for reference in diagram.references {
            let arrow = arrows[reference.cardinality] ?? "||--|{"
            text += "    \(entity(reference.table)) \(arrow) \(entity(reference.referencedTable)) "
            text += ": \"\(unquoted(reference.label))\"\n"
        }
        return text
    }

    private static func column(_ column: Column) -> String {
        var text = "\(column.dataType?.rawValue ?? "") \(word(column.name))"
        let keys = (column.has("primary_key") ? ["PK"] : []) + (column.has("unique") ? ["UK"] : [])
        if !keys.isEmpty { text += " " + keys.joined(separator: ",") }
        if let description = column.describedText, !description.isEmpty { text += " \"\(unquoted(description))\"" }
        return text
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "-" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    private static func entity(_ name: String) -> String {
        name.unicodeScalars.allSatisfy(isWord) && !name.isEmpty ? name : "\"\(unquoted(name))\""
    }

    /// Attributes cannot be quoted.
    private static func word(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { isWord($0) ? $0 : "_" }))
    }

    private static func unquoted(_ text: String) -> String {
        text.replacingBytes(of: "\"", with: "'").replacingBytes(of: "\n", with: " ")
    }
}

/// https://dbml.dbdiagram.io/docs
enum DBMLDiagram {
    static func text(_ diagram: Diagram) -> String {
        var text = "Project \(name(diagram.name)) {\n    database_type: 'dlt'\n}\n"
        for table in diagram.tables {
            text += "\nTable \(name(table.name)) {\n"
            for column in table.drawnColumns { text += "    \(self.column(column))\n" }
            if let description = table.describedText { text += "    Note: \(literal(description))\n" }
            text += "}\n"
        }
        for reference in diagram.references where !reference.columns.isEmpty {
            text += "\n" + self.reference(reference)
        }
        return text + groups(diagram)
    }

    private static func column(_ column: Column) -> String {
        var settings: [String] = []
        if column.has("primary_key") { settings.append("pk") }
        if column.has("unique") { settings.append("unique") }
        if !column.isNullable { settings.append("not null") }
        if let description = column.describedText { settings.append("note: \(literal(description))") }
        var type = column.dataType?.rawValue ?? ""
        if let precision = column.precision { type += column.scale.map { "(\(precision),\($0))" } ?? "(\(precision))" }
        return "\(name(column.name)) \(type)" + (settings.isEmpty ? "" : " [\(settings.joined(separator: ", "))]")
    }

    private static func reference(_ reference: Reference) -> String {
        let sign =
            switch reference.cardinality {
            case "many_to_one", "many_to_zero": ">"
            case "one_to_one", "zero_to_one", "one_to_zero": "-"
            case "many_to_many": "<>"
            default: "<"
            }
        let from = place(reference.table, reference.columns)
        let to = place(reference.referencedTable, reference.referencedColumns)
        return "Ref {\n    \(from) \(sign) \(to)\n}\n"
    }

    private static func place(_ table: String, _ columns: [String]) -> String {
        let names = columns.map(name)
        return name(table) + "." + (names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))")
    }

    /// The tables of a resource form a group, and so do dlt's own.
    private static func groups(_ diagram: Diagram) -> String {
        var order: [String] = []
        var members: [String: [String]] = [:]
        let known = diagram.tables
        for table in known {
            var root = table
            while let parent = root.parent, let next = known.first(where: { $0.name == parent }) { root = next }
            let group = root.isSystem ? "_dlt" : root.resource ?? root.name
            if members[group] == nil { order.append(group) }
            members[group, default: []].append(table.name)
        }
        return order.map { group in
            let names = (members[group] ?? []).map { "    \(name($0))\n" }.joined()
            return "\nTableGroup \(name(group)) {\n\(names)}\n"
        }.joined()
    }

    /// A quoted name has no escapes.
    private static func name(_ text: String) -> String {
        "\"\(text.replacingBytes(of: "\"", with: "'").replacingBytes(of: "\n", with: " "))\""
    }

    private static func literal(_ text: String) -> String {
        let escaped = text.replacingBytes(of: "\\", with: "\\\\").replacingBytes(of: "'", with: "\\'").replacingBytes(
            of: "\n", with: "\\n")
        return "'\(escaped)'"
    }
}

/// https://graphviz.org/doc/info/lang.html
enum DotDiagram {
    static func text(_ diagram: Diagram) -> String {
        var text = """
            digraph \(quoted(diagram.name)) {
                graph [rankdir="RL", fontname="Helvetica"];
                node [shape="plain", fontname="Helvetica"];
                edge [color="#707070"];

            """
        for table in diagram.tables { text += node(table) }
        for reference in diagram.references { text += edge(reference) }
        return text + "}\n"
    }

    private static func node(_ table: Table) -> String {
        var rows = "        <tr><td port=\"t\" bgcolor=\"#dde7f0\"><b>\(markup(table.name))</b></td></tr>\n"
        for column in table.drawnColumns {
            let name = column.has("primary_key") ? "<b>\(markup(column.name))</b>" : markup(column.name)
            let type = markup(column.typeText) + (column.isNullable ? "" : " not null")
            rows += "        <tr><td align=\"left\" port=\"\(port(column.name))\">\(name)  <i>\(type)</i></td></tr>\n"
        }
        let tip = table.describedText.map { ", tooltip=\(quoted($0))" } ?? ""
        return """
                \(quoted(table.name)) [label=<
                    <table border="0" cellborder="1" cellspacing="0" cellpadding="4">
            \(rows)        </table>>\(tip)];

            """
    }

    private static func edge(_ reference: Reference) -> String {
        let from = end(reference.table, reference.columns.first)
        let to = end(reference.referencedTable, reference.referencedColumns.first)
        return "    \(from) -> \(to) [tooltip=\(quoted(reference.label))];\n"
    }

    private static func end(_ table: String, _ column: String?) -> String {
        quoted(table) + ":" + quoted(column.map(port) ?? "t")
    }

    /// Ports may not contain a colon, so names cannot be ports.
    private static func port(_ column: String) -> String { "c_" + markup(column).replacingBytes(of: ":", with: "_") }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacingBytes(of: "\\", with: "\\\\").replacingBytes(of: "\"", with: "\\\"").replacingBytes(of: "\n", with: " "))\""
    }

    private static func markup(_ text: String) -> String {
        text.replacingBytes(of: "&", with: "&amp;").replacingBytes(of: "<", with: "&lt;").replacingBytes(
            of: ">", with: "&gt;"
        )
        .replacingBytes(of: "\"", with: "&quot;")
    }
}
