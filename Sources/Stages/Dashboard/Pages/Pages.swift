import JSONText
import LoadPackages
import Markup
import ProgramSupport

/// Makes each page anew whenever it is asked for; only what cannot change is kept.
final class Pages: Sendable {
    /// One for each data directory, in the order in which they were named; or one for a database.
    let catalogs: [Catalog]
    let datasets: Datasets
    /// Whether queries of people are run.
    let allowsSQL: Bool
    /// Datasets that were named by their URL have none, and so neither runs nor packages.
    var hasSpool: Bool { catalogs.allSatisfy { $0.database == nil } }

    init(_ catalogs: [Catalog], _ datasets: Datasets, allowsSQL: Bool) {
        self.catalogs = catalogs
        self.datasets = datasets
        self.allowsSQL = allowsSQL
    }

    /// - Parameter directory: counted from 1.
    func page(_ route: Route, of directory: Int = 1, _ question: Question, _ links: Links) throws -> Page {
        let datasets = datasets.watching(question.isAbandoned)
        guard catalogs.indices.contains(directory - 1) else { throw PageMissing() }
        let catalog = catalogs[directory - 1]
        if case .overview = route {
            if let database = catalog.database { return try DatasetsPage(catalog, database, links).page() }
            return try OverviewPage(catalogs, links).page()
        }
        if case .search = route { return try SearchPage(catalogs, links, question["q"] ?? "").page() }
        if case .looseRun(let run) = route {
            return try RunPage(route, run, nil, catalog.looseJournal, links).page()
        }
        guard let name = route.pipeline, var pipeline = catalog.pipeline(name) else {
            throw PageMissing()
        }
        if let dataset = pipeline.dataset {
            if let absence = dataset.absence { return absent(route, pipeline, absence, question, links) }
            if let chosen = question["of"] { pipeline.dataset = dataset.choosing(chosen) ?? dataset }
        }
        switch route {
        case .pipeline where pipeline.isDatasetOnly: return DatasetPage(pipeline, links).page()
        case .runs where pipeline.isDatasetOnly: throw PageMissing()
        case .run where pipeline.isDatasetOnly: throw PageMissing()
        case .packages where pipeline.isDatasetOnly: throw PageMissing()
        case .package where pipeline.isDatasetOnly: throw PageMissing()
        case .pipeline: return TimelinePage(catalog, pipeline, links, question).page()
        case .runs: return RunsPage(catalog, pipeline, links, question).page()
        case .run(_, let run): return try RunPage(route, run, pipeline, pipeline.journal, links).page()
        case .packages: return PackagesPage(catalog, pipeline, links, question).page()
        case .package(_, let id): return try PackagePage(pipeline, links, id, question).page()
        case .schema: return try SchemaPage(pipeline, links, question).page()
        case .history: return HistoryPage(pipeline, links, question, datasets).page()
        case .state: return try StatePage(pipeline, links, datasets).page()
        case .contracts: return try ContractsPage(catalog, pipeline, links).page()
        case .tables: return TablesPage(pipeline, links, question, datasets).page()
        case .table(_, let table): return try TablePage(pipeline, table, links, question, datasets).page()
        case .row(_, let table, let id): return try RowPage(pipeline, table, id, links, question, datasets).page()
        case .sql where allowsSQL: return SQLPage(pipeline, links, question, datasets).page()
        default: throw PageMissing()
        }
    }

    /// Without a spool there is nothing to show while the database cannot be read.
    private func absent(
        _ route: Route, _ pipeline: PipelineFacts, _ absence: Datasets.Absence, _ question: Question, _ links: Links
    ) -> Page {
        Page(
            route: route, title: pipeline.name, trail: [("Overview", .overview)],
            body: AbsencePanel.html(absence, retry: links(route, question.pairs)),
            json: ["pipeline": .string(pipeline.name), "absent": .string(AbsencePanel.word(absence))])
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
