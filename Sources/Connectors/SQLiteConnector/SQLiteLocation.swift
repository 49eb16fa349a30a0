import Destinations
import Failures
import SystemIO

/// The file that a URL and a dataset stand for.
///
/// URLs are spelled as SQLAlchemy does, so that dlt's can be used: `sqlite:///relative.db`, `sqlite:////absolute.db`.
/// The dataset `main` is the file itself; any other is a file of its own beside it, `<stem>__<dataset><ext>`.
struct SQLiteLocation {
    /// The dataset's file, absolute.
    let file: String
    /// The main file's URL, absolute.
    let url: String
    let dataset: String

    static let defaultDataset = "main"

    init(_ target: DestinationTarget) throws(DestinationError) {
        let rest = target.url.rest
        func wrong(_ reason: String, _ hint: String) -> DestinationError {
            DestinationError(.usage, "unable to use \(target.url.masked) as a destination: \(reason)", hint: hint)
        }
        let spelling =
            "write sqlite:///name.db for a file in this folder, sqlite:////folder/name.db for an absolute path"
        guard rest.count > 1 else { throw wrong("it names no file", spelling) }
        guard rest.hasPrefix("/") else { throw wrong("SQLite has no hosts, so three slashes begin a path", spelling) }
        let path = String(rest.dropFirst())
        guard path != ":memory:" else {
            throw wrong("a database in memory would be gone when the program ends", spelling)
        }
        guard !path.contains("?") else { throw wrong("options behind ? are not supported", spelling) }
        guard !path.hasPrefix("~") else { throw wrong("~ is not replaced in a URL", "write sqlite:///$HOME/…") }
        guard !path.hasSuffix("/"), !path.utf8.contains(0) else { throw wrong("it names no file", spelling) }

        dataset = target.dataset ?? SQLiteLocation.defaultDataset
        guard !dataset.isEmpty, !dataset.utf8.contains(UInt8(ascii: "/")), !dataset.utf8.contains(0) else {
            throw DestinationError(
                .usage, "unable to use '\(dataset)' as a dataset: it becomes part of a file's name",
                hint: "use letters, digits and underscores")
        }
        let folder: String
        do { folder = try Files.realPath(Paths.parent(path)) } catch {
            throw DestinationError(
                .cannotCreate, "unable to open \(target.url.masked): folder \(Paths.parent(path)): \(error.reason)",
                hint: "create the folder first, or correct the URL; a relative path starts at the current folder")
        }
        let name = Paths.lastComponent(path)
        url = "sqlite:///" + Paths.join(folder, name)
        if dataset == SQLiteLocation.defaultDataset {
            file = Paths.join(folder, name)
        } else {
            let ending = Paths.fileExtension(name)
            let stem = Paths.withoutExtension(name)
            file = Paths.join(folder, "\(stem)__\(dataset)" + (ending.isEmpty ? "" : ".\(ending)"))
        }
    }
}
