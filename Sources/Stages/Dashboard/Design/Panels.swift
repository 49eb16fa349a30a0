import Markup

/// The pieces that pages are made of.
enum Panel {
    /// Names and values. Values that are not there are left out.
    static func facts(_ pairs: [(name: HTML, value: HTML?)]) -> HTML {
        let items = pairs.compactMap { pair -> HTML? in
            pair.value.map { "<div><dt>\(pair.name)</dt><dd>\($0)</dd></div>" }
        }
        return "<dl class=\"facts\">\(items)</dl>"
    }

    static func section(_ title: String, id: String, aside: HTML = "", _ body: HTML) -> HTML {
        """
        <section aria-labelledby="\(id)"><header class="section"><h2 id="\(id)">\(title)</h2>\(aside)</header>\(body)</section>
        """
    }

    /// What a reader should know, with what can be done about it.
    static func notice(_ health: Health, title: String, _ message: HTML, hint: String? = nil, command: String? = nil)
        -> HTML
    {
        """
        <div class="notice is-\(health.key)" role="note"><p class="notice-title">\(Icon.shape(health))\(title)</p>\
        <p>\(message)</p>\(hint.map { "<p class=\"hint\">\($0)</p>" } as HTML?)\
        \(command.map { HTML.command($0) })</div>
        """
    }

    /// A page has nothing to show, and says what would change that.
    static func empty(_ title: String, _ message: HTML, command: String? = nil) -> HTML {
        """
        <div class="empty"><p class="empty-title">\(title)</p><p>\(message)</p>\(command.map { HTML.command($0) })</div>
        """
    }
}

/// A table that reads well: numbers right, and on a narrow screen one cell below the other. The roles say what it is even then.
struct DataTable {
    struct Column {
        let title: String
        var isNumber = false
        /// Leads to what the row is about.
        var isHead = false
    }

    let caption: String
    let columns: [Column]
    /// Of many short lines.
    var isDense = false
    var rows: [[HTML]] = []

    var html: HTML {
        let head = columns.map { column -> HTML in
            column.isNumber
                ? "<th role=\"columnheader\" scope=\"col\" class=\"number\">\(column.title)</th>"
                : "<th role=\"columnheader\" scope=\"col\">\(column.title)</th>"
        }
        let body = rows.map { row -> HTML in
            let cells = zip(columns, row).map { column, cell -> HTML in
                if column.isHead {
                    return
                        "<th role=\"rowheader\" scope=\"row\" data-title=\"\(column.title)\"><span>\(cell)</span></th>"
                }
                if cell.isEmpty { return "<td role=\"cell\" class=\"nothing\" data-title=\"\(column.title)\"></td>" }
                return column.isNumber
                    ? "<td role=\"cell\" class=\"number\" data-title=\"\(column.title)\"><span>\(cell)</span></td>"
                    : "<td role=\"cell\" data-title=\"\(column.title)\"><span>\(cell)</span></td>"
            }
            return "<tr role=\"row\" data-row>\(cells)</tr>"
        }
        return """
            <div class="table\(isDense ? " dense" : "")"><table role="table"><caption>\(caption)</caption><thead role="rowgroup"><tr role="row">\(head)</tr></thead>\
            <tbody role="rowgroup">\(body)</tbody></table></div>
            """
    }
}
