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
        let places = try places()
        let all = Set(places)
        for place in places {
            let links = Links.files(from: place, among: all)
            let page: Page
            // A package may have moved on since it was listed.
            do { page = try pages.page(place.route, of: place.directory, Question(), links) } catch is PageMissing {
                continue
            }
            let folder = place.parts.map(Links.fileName).reduce("") { Paths.join($0, $1) }
            try write(
                Paths.join(folder, "index.html"), Frame(links: links, hasSpool: pages.hasSpool).html(page).bytes)
            try write(Paths.join(folder, "index.json"), page.json.serializedBytes(.pretty) + [0x0A])
            count += 1
        }
        return count
    }

    private func places() throws -> [Links.Place] {
        var places = [Links.Place(directory: 1, route: .overview)]
        for (index, catalog) in pages.catalogs.enumerated() {
            places += try routes(catalog).map { Links.Place(directory: index + 1, route: $0) }
        }
        return places
    }

    private func routes(_ catalog: Catalog) throws -> [Route] {
        var routes: [Route] = catalog.looseRuns().map { .looseRun($0.id.text) }
        for pipeline in try catalog.pipelines() {
            let name = pipeline.name
            routes += [.pipeline(name), .schema(name), .history(name), .state(name), .contracts(name)]
            if pipeline.isDatasetOnly { continue }
            routes += [.runs(name), .packages(name)]
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
