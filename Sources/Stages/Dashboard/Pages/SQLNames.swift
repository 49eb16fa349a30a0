import LoadPackages
import Markup
import ProgramSupport
import Schemas

/// The tables and columns of a pipeline beside its SQL: to look them up, and for the script to complete what is typed.
struct SQLNames {
    /// Of tables and columns together, so that the page stays small.
    private static let most = 2000

    private let tables: [Table]

    init(_ pipeline: PipelineFacts) {
        tables = pipeline.schemaNames().compactMap { try? pipeline.schema($0)?.schema }.flatMap(\.dataTables)
    }

    var html: HTML {
        guard !tables.isEmpty else { return "" }
        var left = Self.most
        var items = HTML()
        for table in tables where left > 0 {
            let columns = table.columns.filter { $0.isComplete }.prefix(left)
            left -= columns.count + 1
            let names = columns.map { "<code data-name>\($0.name)</code>" as HTML }
            items += "<div><dt><code data-name>\(table.name)</code></dt><dd>\(names.joined(" "))</dd></div>"
        }
        return """
            <details class="names" id="names"><summary>Tables and columns</summary><dl class="facts">\(items)</dl></details>
            """
    }
}
