import JSONText
import LoadPackages
import Markup
import ProgramSupport

/// Makes each page anew whenever it is asked for; only what cannot change is kept.
final class Pages: Sendable {
    let catalog: Catalog
    let datasets: Datasets
    /// Whether queries of people are run.
    let allowsSQL: Bool

    init(_ catalog: Catalog, _ datasets: Datasets, allowsSQL: Bool) {
        self.catalog = catalog
        self.datasets = datasets
        self.allowsSQL = allowsSQL
    }

    func page(_ route: Route, _ question: Question, _ links: Links) throws -> Page {
        if case .overview = route { return try OverviewPage(catalog, links).page() }
        if case .search = route { return try SearchPage(catalog, links, question["q"] ?? "").page() }
        if case .looseRun(let run) = route {
            return try RunPage(route, run, nil, catalog.looseJournal, links).page()
        }
        guard let name = route.pipeline, let pipeline = catalog.pipeline(name) else {
            throw PageMissing()
        }
        switch route {
        case .pipeline: return TimelinePage(catalog, pipeline, links, question).page()
        case .runs: return RunsPage(catalog, pipeline, links, question).page()
        case .run(_, let run): return try RunPage(route, run, pipeline, pipeline.journal, links).page()
        case .packages: return PackagesPage(catalog, pipeline, links, question).page()
        case .package(_, let id): return try PackagePage(pipeline, links, id, question).page()
        case .schema: return try SchemaPage(pipeline, links, question).page()
        case .history: return HistoryPage(pipeline, links, question, datasets).page()
        case .state: return try StatePage(pipeline, links).page()
        case .contracts: return try ContractsPage(pipeline, links).page()
        case .tables: return TablesPage(pipeline, links, datasets).page()
        case .table(_, let table): return try TablePage(pipeline, table, links, question, datasets).page()
        case .row(_, let table, let id): return try RowPage(pipeline, table, id, links, datasets).page()
        case .sql where allowsSQL: return SQLPage(pipeline, links, question, datasets).page()
        default: throw PageMissing()
        }
    }

    /// What went wrong, in words that can be followed.
    func failure(_ route: Route, _ error: any Error) -> Page {
        let words = ProgramError(of: error)
        let message = words?.message ?? "\(error)"
        var json: JSONObject = ["error": .string(message)]
        json["hint"] = words?.hint.map { .string($0) }
        return Page(
            route: route, title: "This page cannot be shown", trail: [("Overview", .overview)],
            body: Panel.notice(.failed, title: "unable to show this page", HTML(message), hint: words?.hint),
            json: .object(json), code: 500)
    }
}

extension PipelineFacts {
    var trail: [(title: String, route: Route)] { [("Overview", .overview), (name, .pipeline(name))] }
}
