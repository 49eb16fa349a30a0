import DestinationKinds
import Destinations
import Failures
import SystemIO

/// The file that a URL and a dataset stand for.
///
/// The dataset `main` is the URL's file itself; any other is a separate file beside it, `<stem>__<dataset><ext>`.
struct SQLiteLocation {
    /// The dataset's file, absolute.
    let file: String
    /// The main file's URL, absolute.
    let url: String
    let dataset: String

    static let defaultDataset = "main"

    init(_ target: DestinationTarget) throws(DestinationError) {
        let main = try DatabaseFile(target.url, .sqlite)
        dataset = target.dataset ?? SQLiteLocation.defaultDataset
        guard !dataset.isEmpty, !dataset.utf8.contains(UInt8(ascii: "/")), !dataset.utf8.contains(0) else {
            throw DestinationError(
                .usage, "unable to use '\(dataset)' as a dataset: it becomes part of a file's name",
                hint: "use letters, digits and underscores")
        }
        url = "sqlite:///" + main.path
        if dataset == SQLiteLocation.defaultDataset {
            file = main.path
        } else {
            let ending = Paths.fileExtension(main.name)
            let stem = Paths.withoutExtension(main.name)
            file = Paths.join(main.folder, "\(stem)__\(dataset)" + (ending.isEmpty ? "" : ".\(ending)"))
        }
    }
}
