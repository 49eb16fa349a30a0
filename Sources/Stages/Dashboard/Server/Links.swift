import Encodings

/// Where pages are, as seen from one of them: on the server, or in a folder of files.
package struct Links: Sendable {
    /// nil on the server; in files the way up from the page to the folder of all.
    private let root: String?
    /// Those that are written as files.
    private let pages: Set<Route>

    package static let server = Links(root: nil, pages: [])

    static func files(from route: Route, among pages: Set<Route>) -> Links {
        Links(root: String(repeating: "../", count: route.parts.count), pages: pages)
    }

    private init(root: String?, pages: Set<Route>) {
        self.root = root
        self.pages = pages
    }

    /// Files cannot answer questions.
    var areFiles: Bool { root != nil }

    package func callAsFunction(_ route: Route, _ query: [(String, String)] = [], at fragment: String? = nil) -> String
    {
        var text: String
        if let root {
            let route = pages.contains(route) ? route : route.list
            let folder = route.parts.map { Self.encoded(Self.fileName($0)) + "/" }.joined()
            text = root + folder + "index.html"
        } else {
            text = "/" + route.parts.map(Self.encoded).joined(separator: "/")
            if !query.isEmpty {
                text += "?" + query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
            }
        }
        if let fragment { text += "#" + Self.encoded(fragment) }
        return text
    }

    /// The same as data.
    package func json(_ route: Route, _ query: [(String, String)] = []) -> String {
        if let root { return root + route.parts.map { Self.encoded(Self.fileName($0)) + "/" }.joined() + "index.json" }
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
