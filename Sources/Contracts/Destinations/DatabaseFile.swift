package import DestinationKinds
import Failures
import SystemIO

/// The file that a URL names, as SQLAlchemy spells it, so that URLs for dlt work: `sqlite:///relative.db`,
/// `sqlite:////absolute.db`.
package struct DatabaseFile: Sendable {
    /// Absolute, with links resolved.
    package let folder: String
    package let name: String

    package var path: String { Paths.join(folder, name) }

    /// - Parameters:
    ///   - rest: the text after `://`, if it is not that of the URL.
    ///   - role: what the URL is to the user.
    package init(
        _ url: DestinationURL, rest: String? = nil, role: String = "a destination", _ kind: DestinationKind
    ) throws(DestinationError) {
        func wrong(_ reason: String, _ hint: String) -> DestinationError {
            DestinationError(.usage, "unable to use \(url.masked) as \(role): \(reason)", hint: hint)
        }
        let rest = rest ?? url.rest
        let (scheme, ending) = (url.scheme, kind.fileExtensions.first ?? "db")
        let spelling =
            "write \(scheme):///name.\(ending) for a file in this folder, \(scheme):////folder/name.\(ending) for an "
            + "absolute path"
        guard rest.count > 1 else { throw wrong("it names no file", spelling) }
        guard rest.hasPrefix("/") else {
            throw wrong("\(kind.title) has no hosts, so three slashes begin a path", spelling)
        }
        let path = String(rest.dropFirst())
        guard path != ":memory:" else {
            throw wrong("a database in memory would be gone when the program ends", spelling)
        }
        guard !path.contains("?") else { throw wrong("options after ? are not supported", spelling) }
        guard !path.hasPrefix("~") else { throw wrong("~ is not expanded in a URL", "write \(scheme):///$HOME/…") }
        guard !path.hasSuffix("/"), !path.utf8.contains(0) else { throw wrong("it names no file", spelling) }
        do { folder = try Files.realPath(Paths.parent(path)) } catch {
            throw DestinationError(
                .cannotCreate, "unable to open \(url.masked): folder \(Paths.parent(path)): \(error.reason)",
                hint: "create the folder first, or correct the URL; a relative path starts at the current folder")
        }
        name = Paths.lastComponent(path)
    }

    /// Refuses a file that is not writable, or whose folder is not; a library may notice that late.
    package func checkWritable(_ shown: String) throws(DestinationError) {
        for object in [path, folder] where Files.deniesWriting(object) {
            // No file can be created there, whatever the permissions.
            let cannotBeMade = !Files.exists(path) && Files.isOnReadOnlySystem(object)
            throw DestinationError(
                cannotBeMade ? .cannotCreate : .denied, "unable to write to \(shown): \(object) is not writable",
                hint: "check the permissions of \(object)")
        }
    }
}
