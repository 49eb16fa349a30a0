import LoadPackages
import ProgramSupport

/// `--pending`: the waiting packages of the pipelines whose home is the destination.
struct PendingPackages {
    let dataDirectory: String
    /// The only pipeline to examine, if one was named.
    let pipeline: String?
    let messages: Messages
    let loader: Loader

    func places() throws -> [PackagePlace] {
        let names = try pipeline.map { [$0] } ?? Spool.pipelines(dataDirectory: dataDirectory)
        var places: [PackagePlace] = []
        var homeless: [(name: String, places: [PackagePlace])] = []
        for name in names {
            guard let spool = Spool(dataDirectory: dataDirectory, pipeline: name), spool.exists else {
                throw ProgramError(
                    .noInput, "unable to open pipeline '\(name)': there is none of that name in \(dataDirectory)",
                    hint: "dlt-state lists pipelines")
            }
            let waiting = try spool.packages(.waiting).map { PackagePlace(spool: spool, waiting: $0) }
            if waiting.isEmpty { continue }
            let home = try spool.home()
            guard home.destination != nil else {
                homeless.append((name, waiting))
                continue
            }
            if try loader.isHome(home, of: name) {
                places += waiting
            } else if pipeline != nil {
                throw ProgramError(
                    .usage,
                    "pipeline '\(name)' is at home in \(home.destination ?? "") (dataset \(home.dataset ?? "")): "
                        + "--pending loads only there",
                    hint: "to load elsewhere too, name the packages' folders")
            }
        }
        // A pipeline has no home before its first load; choosing among several such pipelines would be a guess.
        if pipeline != nil || (homeless.count == 1 && places.isEmpty) {
            places += homeless.flatMap(\.places)
        } else if !homeless.isEmpty {
            let list = homeless.map(\.name).joined(separator: ", ")
            guard !places.isEmpty else {
                throw ProgramError(
                    .usage, "packages wait in pipelines that were never loaded: \(list)",
                    hint: "name one with --pipeline")
            }
            messages.warning(
                "left out packages of pipelines that were never loaded: \(list)", hint: "name one with --pipeline")
        }
        return places
    }
}
