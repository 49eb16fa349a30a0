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
        let routes: [Route] = [.overview, .packages("a"), .runs("a"), .run("a", "1")]
        let all = routes.map { Links.Place(directory: 1, route: $0) }
        let links = Links.files(from: all[0], among: Set(all))
        #expect(links(.package("a", id)) == "p/a/packages/index.html")
        #expect(links(.run("a", "2")) == "p/a/runs/index.html")
        #expect(links(.run("a", "1")) == "p/a/r/1/index.html")
    }

    @Test func `addresses of a further data directory lead back to it`() {
        let links = Links.server.within(2)
        for route: Route in [.pipeline("a"), .table("d", "2"), .looseRun("1")] {
            let target = Route.Target(route: route, isJSON: false, directory: 2)
            #expect(links(route).hasPrefix("/d/2/") && Route.target(ofPath: links(route)) == target, "\(route)")
        }
        #expect(links(.overview) == "/" && links(.search) == "/search")
    }

    @Test func `what is no address leads nowhere`() {
        for path in [
            "", "p", "/p", "/p/a/b", "/p/a/k/x", "//evil", "/p/a%zz", "/p/%ff", "/p/a/schema/history/x", "/x",
            "/d/1/p/a",
            "/d/02/p/a", "/p//", "/p/a//t", "/d/2", "/d/2/search", "/d/-2/p/a", "/d/x/p/a",
        ] {
            #expect(Route.target(ofPath: path) == nil, "\(path)")
        }
    }
}
