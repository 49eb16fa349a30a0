import HTTPServer
import Markup
import ProgramSupport

/// What all pages have around them.
struct Frame {
    let links: Links
    var hasSQL = true
    /// Without one there are neither runs nor packages.
    var hasSpool = true
    /// Whether there is a search: not in files.
    var hasSearch: Bool { !links.areFiles }

    func html(_ page: Page, query: [(String, String)] = []) -> HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(HTML.clipped(title(page)))</title>\
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">\
        <link rel="icon" href="\(links.asset(Assets.icon.name))" type="image/svg+xml">\
        <link rel="stylesheet" href="\(links.asset(Assets.style.name))">\
        <link rel="alternate" type="application/json" href="\(links.json(page.route, query))">\
        \(links.areFiles ? "" : script)</head>\
        <body\(page.isLive && !links.areFiles ? " data-live" as HTML : "")><a class="skip" href="#main">Skip to the content</a>\(top)\
        <main id="main">\(heading(page))\(page.body)</main>\(foot(page, query))</body></html>
        """
    }

    private var script: HTML { "<script src=\"\(links.asset(Assets.script.name))\" defer></script>" }

    private func title(_ page: Page) -> String {
        let names = [page.title] + page.trail.map(\.title).reversed()
        return page.route == .overview ? "dlt dashboard" : names.joined(separator: " · ")
    }

    private var top: HTML {
        let search: HTML =
            hasSearch
            ? """
            <form class="search" action="\(links(.search))" role="search"><label class="hidden" for="q">Search tables and columns</label>\
            <input id="q" name="q" type="search" placeholder="Search tables and columns" autocomplete="off" maxlength="200">\
            <kbd aria-hidden="true">/</kbd></form>
            """ : ""
        return """
            <header class="top"><a class="home" href="\(links(.overview))">\(Icon.mark)<span>dlt dashboard</span></a>\(search)</header>
            """
    }

    private func heading(_ page: Page) -> HTML {
        let trail = page.trail.map {
            "<li><a href=\"\(links($0.route))\">\(HTML.clipped($0.title, to: 40))</a></li>" as HTML
        }
        let crumbs: HTML =
            trail.isEmpty ? "" : "<nav class=\"trail\" aria-label=\"Breadcrumb\"><ol>\(trail)</ol></nav>"
        return """
            <header class="page">\(crumbs)<div class="title"><h1>\(HTML.clipped(page.title, to: 80))</h1>\(page.status)</div>\
            \(page.lead.isEmpty ? "" : "<p class=\"lead\">\(page.lead)</p>" as HTML)\(tabs(page))</header>
            """
    }

    /// The pages of a pipeline, beside each other.
    private func tabs(_ page: Page) -> HTML {
        guard let name = page.route.pipeline, page.code == 200 else { return "" }
        let pages: [(String, String, Route)] = [
            (hasSpool ? "Timeline" : "Loads", "p", .pipeline(name)), ("Runs", "r", .runs(name)),
            ("Packages", "k", .packages(name)),
            ("Tables", "t", .tables(name)), ("Schema", "s", .schema(name)), ("History", "h", .history(name)),
            ("State", "c", .state(name)),
            ("Contracts", "v", .contracts(name)), ("SQL", "q", .sql(name)),
        ].filter { entry in
            // Files cannot answer questions, and are not to hold all rows of a database.
            switch entry.2 {
            case .runs, .packages: hasSpool
            case .tables: !links.areFiles
            case .sql: !links.areFiles && hasSQL
            default: true
            }
        }
        let items = pages.map { title, key, route -> HTML in
            let isHere = page.route == route
            return """
                <li><a href="\(links(route))" data-key="\(key)"\(isHere ? " aria-current=\"page\"" as HTML : "")>\(title)</a></li>
                """
        }
        return "<nav class=\"tabs\" aria-label=\"Pages of the pipeline\"><ul>\(items)</ul></nav>"
    }

    private func foot(_ page: Page, _ query: [(String, String)]) -> HTML {
        let keys: HTML =
            links.areFiles
            ? ""
            : """
            <p class="keys"><kbd>/</kbd> search <kbd>g</kbd> <kbd>o</kbd> overview <kbd>g</kbd> <kbd>s</kbd> schema \
            <kbd>j</kbd> <kbd>k</kbd> rows <kbd>y</kbd> copy the command</p>
            """
        return """
            <footer class="foot"><p>dlt toolkit \(Version.text) · <a href="\(links.json(page.route, query))">this page as JSON</a>\
            \(links.areFiles ? "" : " · <a href=\"\(links(.metrics))\">metrics</a>" as HTML) · read only</p>\(keys)</footer>
            """
    }
}
