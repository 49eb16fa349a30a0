import Encodings

/// Where pages are, as seen from one of them: on the server, or in a folder of files.
package struct Links: Sendable {
    /// nil on the server; in files the way up from the page to the folder of all.
    private let root: String?
    /// Those that are written as files.
    private let pages: Set<Place>
    /// The data directory of the page, counted from 1.
    private let directory: Int

    /// Pipelines of two data directories may have the same name.
    struct Place: Hashable {
        let directory: Int
        let route: Route

        /// The parts of the address, decoded. Pages of the first directory, and those of all of them, need none.
        var parts: [String] {
            directory > 1 && route.isOfDirectory ? ["d", String(directory)] + route.parts : route.parts
        }
    }

    package static let server = Links(root: nil, pages: [], directory: 1)

    static func files(from place: Place, among pages: Set<Place>) -> Links {
        Links(
            root: String(repeating: "../", count: place.parts.count), pages: pages, directory: place.directory)
    }

    private init(root: String?, pages: Set<Place>, directory: Int) {
        self.root = root
        self.pages = pages
        self.directory = directory
    }

    /// The same for pipelines of another data directory.
    package func within(_ directory: Int) -> Links { Links(root: root, pages: pages, directory: directory) }

    private func place(_ route: Route) -> Place { Place(directory: route.isOfDirectory ? directory : 1, route: route) }

    /// Files cannot answer questions.
    var areFiles: Bool { root != nil }

    package func callAsFunction(_ route: Route, _ query: [(String, String)] = [], at fragment: String? = nil) -> String
    {
        var text: String
        if let root {
            let place = pages.contains(place(route)) ? place(route) : place(route.list)
            let folder = place.parts.map { Self.encoded(Self.fileName($0)) + "/" }.joined()
            text = root + folder + "index.html"
        } else {
            text = "/" + place(route).parts.map(Self.encoded).joined(separator: "/")
            if !query.isEmpty {
                text += "?" + query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
            }
        }
        if let fragment { text += "#" + Self.encoded(fragment) }
        return text
    }

    /// The same as data.
    package func json(_ route: Route, _ query: [(String, String)] = []) -> String {
        if let root {
            return root + place(route).parts.map { Self.encoded(Self.fileName($0)) + "/" }.joined() + "index.json"
        }
        guard route != .overview else { return "/index.json" }
        let page = self(route, query)
        let end = page.firstIndex(of: "?") ?? page.endIndex
        return page[..<end] + ".json" + page[end...]
    }

    func asset(_ name: String) -> String { root.map { $0 + "-/" + name } ?? "/-/" + name }

    /// Also the points of a name that would look like our ending, or like the way up.
    private static func encoded(_ part: String) -> String {
        part.hasSuffix(".json") || part == "." || part == ".."
            ? PercentEncoding.encoded(part) { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: ".") }
            : PercentEncoding.encoded(part)
    }

    /// A part of an address as the name of a folder.
    static func fileName(_ part: String) -> String {
        PercentEncoding.encoded(part) { PercentEncoding.isUnreserved($0) }
    }
}
