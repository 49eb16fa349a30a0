import JSONText
import Markup

/// A page as its author made it; frame and data twin are made of it.
struct Page {
    var route: Route
    var title: String
    /// Above the title: the pages that lead here.
    var trail: [(title: String, route: Route)] = []
    /// Beside the title.
    var status: HTML = ""
    var lead: HTML = ""
    var body: HTML
    var json: JSONValue
    var code = 200
    /// It changes by itself while programs run.
    var isLive = true
}

/// There is no such page.
struct PageMissing: Error {}
