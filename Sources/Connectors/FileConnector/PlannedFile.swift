import JSONText
import ObjectStores
import SystemIO

/// One file to be read, or standard input.
struct PlannedFile: Equatable {
    /// As the user names it; nil is standard input, or a file elsewhere.
    let path: String?
    /// The name of an input without a path.
    var title = "standard input"
    /// Files elsewhere that are not listed yet.
    private(set) var address: RemoteAddress?
    /// A file elsewhere.
    private(set) var remote: StoredObject?
    /// The name of a file in an archive.
    private var entry: String?

    init(path: String?, title: String = "standard input") {
        self.path = path
        self.title = title
    }

    init(at address: RemoteAddress) {
        path = nil
        self.address = address
        title = address.shown
    }

    init(_ object: StoredObject, at address: RemoteAddress) {
        path = nil
        self.address = address
        remote = object
        title = object.url
    }

    /// A file in an archive.
    init(_ entry: String, in archive: PlannedFile) {
        path = nil
        self.entry = entry
        title = "\(archive.name)/\(entry)"
    }

    var name: String { path ?? title }

    /// What tells it from any other input, byte by byte; may hold a secret.
    var identity: ExactString {
        ExactString(path ?? address.map { $0.place == .web ? $0.text : remote?.url ?? $0.shown } ?? "-")
    }

    /// Whether it is a file, which can be opened again.
    var isNamed: Bool { path != nil || remote != nil }

    /// The part of the name that shows the format; nil where there is none.
    var fileName: String? { path ?? entry ?? address?.fileName(of: remote) }
}
