import LoadPackages
import Testing

@testable import Dashboard

@Suite struct RouteTests {
    @Test func `every address leads back to its page`() throws {
        let names = ["shop", "a.json", "a b", "ü/…", "..", ".", "%2F", "<x>", "a?b#c"]
        for name in names {
            for route: Route in [.pipeline(name), .schema(name), .history(name), .state(name), .run(name, "r.json")] {
                let page = Links.server(route)
                #expect(Route.target(ofPath: page) == Route.Target(route: route, isJSON: false), "\(page)")
                let data = Links.server.json(route)
                #expect(Route.target(ofPath: data) == Route.Target(route: route, isJSON: true), "\(data)")
            }
        }
    }

    @Test func `a link in files leads to the list where there is no file for the page`() throws {
        let id = try #require(LoadID("1796131897.538956112533556814243716"))
        let all: Set<Route> = [.overview, .packages("a"), .runs("a"), .run("a", "1")]
        let links = Links.files(from: .overview, among: all)
        #expect(links(.package("a", id)) == "p/a/packages/index.html")
        #expect(links(.run("a", "2")) == "p/a/runs/index.html")
        #expect(links(.run("a", "1")) == "p/a/r/1/index.html")
    }

    @Test func `what is no address leads nowhere`() {
        for path in ["", "p", "/p", "/p/a/b", "/p/a/k/x", "//evil", "/p/a%zz", "/p/%ff", "/p/a/schema/history/x", "/x"]
        {
            #expect(Route.target(ofPath: path) == nil, "\(path)")
        }
    }
}
