import JSONText
import LoadPackages
import Markup
import ProgramSupport
import RunJournals
import SystemIO

/// The pages as files, which a browser shows from a disk, and a CI keeps beside a build.
struct StaticExport {
    /// Packages and runs of each pipeline that get a page; the lists have the older ones too.
    private static let newest = 200
    private static let mark = ".dlt-dashboard"

    private let pages: Pages
    private let folder: String

    init(_ pages: Pages, into folder: String) throws {
        self.pages = pages
        self.folder = folder
        // Other files in the folder may be a person's work.
        if Files.exists(folder) {
            guard Files.isDirectory(folder) else {
                throw ProgramError(.cannotCreate, "unable to write pages to \(folder): it is not a folder")
            }
            guard try Files.list(folder).isEmpty || Files.exists(Paths.join(folder, Self.mark)) else {
                throw ProgramError(
                    .cannotCreate, "unable to write pages to \(folder): it holds other files",
                    hint: "name a new folder, or an empty one")
            }
        }
    }

    /// The number of pages.
    func write() throws -> Int {
        try write(Self.mark, [])
        for asset in Assets.all { try write(Paths.join("-", asset.name), asset.bytes) }
        var count = 0
        let routes = try routes()
        let all = Set(routes)
        for route in routes {
            let links = Links.files(from: route, among: all)
            let page: Page
            // A package may have moved on since it was listed.
            do { page = try pages.page(route, Question(), links) } catch is PageMissing { continue }
            let place = route.parts.map(Links.fileName).reduce("") { Paths.join($0, $1) }
            try write(Paths.join(place, "index.html"), Frame(links: links).html(page).bytes)
            try write(Paths.join(place, "index.json"), page.json.serializedBytes(.pretty) + [0x0A])
            count += 1
        }
        return count
    }

    private func routes() throws -> [Route] {
        var routes: [Route] = [.overview] + pages.catalog.looseRuns().map { .looseRun($0.id.text) }
        for pipeline in try pages.catalog.pipelines() {
            let name = pipeline.name
            routes += [
                .pipeline(name), .runs(name), .packages(name), .schema(name), .history(name), .state(name),
                .contracts(name),
            ]
            routes += pipeline.runs.prefix(Self.newest).map { .run(name, $0.text) }
            routes += pipeline.packages().prefix(Self.newest).map { .package(name, $0.id) }
        }
        return routes
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let path = Paths.join(folder, name)
        try Files.makeDirectory(Paths.parent(path), mode: 0o755, intermediates: true)
        try Files.atomicWrite(path, bytes, mode: 0o644)
    }
}
