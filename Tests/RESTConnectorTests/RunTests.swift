import JSONText
import LoopbackServer
import SQLite
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import RESTConnector

struct RunTests {
    @Test func `children are fetched for each record of the parent`() throws {
        let server = try DemoSite.start()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: parents, endpoint: {params: {total: 7}}}
            - name: children
              include_from_parent: [id, name]
              endpoint: {path: "parents/{resources.parents.id}/children", data_selector: items, params: {from: "{resources.parents.name}"}}
            - name: notes
              endpoint:
                path: parents/{parent}/children
                params: {parent: {type: resolve, resource: children, field: parent}}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("parents") == Array(1...7))
        #expect(Set(read.ids("children")) == Set((1...7).flatMap { p in (1...3).map { p * 100 + $0 } }))
        #expect(read.records("children").allSatisfy { $0["_parents_id"] == $0["parent"] })
        #expect(read.records("children").allSatisfy { $0["_parents_name"]?.stringValue?.hasPrefix("item ") == true })
        // Three children of each parent, and of each of them all three again.
        #expect(read.ids("notes").count == 63)
        #expect(server.requests.filter { $0["from"] == "item 3" }.count == 1)
    }

    @Test func `values keep to their place in a path`() throws {
        let server = try LoopbackServer { request in
            request.path == "/names" ? .json([["n": "a/b"], ["n": "../x y?z"], ["n": ".."]]) : .json([["id": 1]])
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)/"}
            resources:
            - names
            - {name: one, endpoint: "v/{resources.names.n}/w"}
            - {name: many, endpoint: "m/{+resources.names.n}/w"}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        let targets = Set(server.requests.map(\.target))
        #expect(targets.isSuperset(of: ["/v/a%2Fb/w", "/v/..%2Fx%20y%3Fz/w", "/v/%2E%2E/w", "/m/a/b/w"]), "\(targets)")
    }

    @Test func `placeholders fill headers, parameters and bodies, and keep their type`() throws {
        let server = try LoopbackServer { request in
            request.path == "/p" ? .json([["id": 5, "o": ["k": "v"]]]) : .json([["id": 1]])
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - p
            - name: j
              endpoint:
                path: j
                method: POST
                headers: {X-Id: "id-{resources.p.id}"}
                params: {q: "{resources.p.o.k}", l: [1, "{resources.p.id}"], t: true, n: null}
                json: {id: "{resources.p.id}", text: "no {resources.p.id} {{x}}", list: ["{resources.p.o}"]}
            - name: f
              endpoint: {path: f, method: POST, data: {id: "{resources.p.id}", e: "ä &"}}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        let posted = try #require(server.requests.first { $0.path == "/j" })
        #expect(posted.json == ["id": 5, "text": "no 5 {x}", "list": [["k": "v"]]])
        #expect(posted.header("x-id") == "id-5")
        #expect(posted.target == "/j?q=v&l=1&l=5&t=true")
        let form = try #require(server.requests.first { $0.path == "/f" })
        #expect(form.form == ["id": "5", "e": "ä &"])
    }

    @Test func `resources and children are fetched side by side`() throws {
        let server = try DemoSite.start()
        let began = Clock.monotonicNanoseconds()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: parents, endpoint: {params: {total: 60}}}
            - {name: children, endpoint: {path: "parents/{resources.parents.id}/children", params: {latency: 100}}}
            - {name: slow, endpoint: {path: pages/single, params: {latency: 300}}}
            """, "--workers", "20")
        let seconds = Double(Clock.monotonicNanoseconds() - began) / 1e9
        #expect(read.ids("children").count == 180)
        #expect(server.mostUnderWay > 10 && server.mostUnderWay <= 20)
        // One after the other they would take more than six seconds.
        #expect(seconds < 4)
    }

    @Test func `steps filter, change and expand records`() throws {
        let server = try LoopbackServer { _ in
            .json([
                ["id": 1, "state": "open", "x": .number("1.5"), "tags": [["t": "a"], ["t": "b"]]],
                ["id": 2, "state": "closed", "tags": []], ["id": 3, "state": "open", "x": 3, "tags": [["t": "c"]]],
            ])
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - name: a
              processing_steps:
              - filter: {field: state, equals: open}
              - map: {exclude: [tags], rename: {x: y}, set: {from: here}}
            - name: b
              processing_steps:
              - yield_map: {path: tags, keep: [id]}
              - filter: [{field: t, not_in: [b]}, {field: id, at_most: 3}]
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(
            read.records("a") == [
                ["id": 1, "state": "open", "y": .number("1.5"), "from": "here"],
                ["id": 3, "state": "open", "y": 3, "from": "here"],
            ])
        #expect(read.records("b") == [["t": "a", "id": 1], ["t": "c", "id": 3]])
    }

    // MARK: What is remembered

    private func paged(_ server: LoopbackServer, _ more: String = "") -> String {
        """
        client: {base_url: "\(server.url)"}
        resources:
        - {name: items, endpoint: {path: pages/cursor, paginator: cursor, params: {total: 100, limit: 5}}}
        - {name: parents, endpoint: {path: parents, params: {total: 10}}}
        - {name: children, endpoint: {path: "parents/{resources.parents.id}/children"}}
        \(more)
        """
    }

    /// Chunk by chunk, each a process of its own, all is loaded once.
    @Test func `chunks go on where the one before stopped`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        try fixture.folder.write("api.yaml", paged(server))
        var statuses: [Int32] = []
        repeat {
            statuses.append(try fixture.pipe("--chunk-size 17 api.yaml").status)
        } while statuses.last == 10 && statuses.count < 30
        #expect(statuses.count > 5 && statuses.last == 0)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM items") == 100)
        #expect(try database.integer("SELECT count(DISTINCT id) FROM items") == 100)
        #expect(try database.integer("SELECT count(*) FROM parents") == 10)
        #expect(try database.integer("SELECT count(DISTINCT id) FROM children") == 30)
        #expect(try database.integer("SELECT count(*) FROM children") == 30)
    }

    /// Killed at random moments and run again until it ends well.
    @Test func `what was killed and runs again loads everything once`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: items, endpoint: {path: pages/offset, paginator: {type: offset, limit: 2}, params: {total: 200, latency: 40}}}
            - {name: parents, endpoint: {path: parents, params: {total: 12}}}
            - {name: children, endpoint: {path: "parents/{resources.parents.id}/children", params: {latency: 200}}}
            """)
        let script = """
            for delay in 0.3 0.6 1 1.5 2.5 5 90; do
              { timeout -s KILL $delay dlt-extract rest --workers 2 api.yaml; } | dlt-normalize -q | dlt-load -q sqlite:///x.db
              statuses=("${PIPESTATUS[@]}")
              # Run once more it would, as asked, append everything once more.
              [ "${statuses[0]}" -eq 137 ] || break
            done
            exit "${statuses[2]}"
            """
        let result = try runShell(
            script, environment: fixture.environment, currentDirectory: fixture.folder.path, timeoutSeconds: 100)
        #expect(result.status == 0, "\(result)")
        let database = try Database.open(fixture.folder.path("x.db"))
        for (table, count) in [("items", 200), ("parents", 12), ("children", 36)] as [(String, Int64)] {
            #expect(try database.integer("SELECT count(*) FROM \(table)") == count, "\(table)")
            #expect(try database.integer("SELECT count(DISTINCT id) FROM \(table)") == count, "\(table)")
        }
        #expect(try database.integer("SELECT count(*) FROM _dlt_loads") ?? 0 > 1)
    }

    @Test func `a resource that fails does not hide the others, and goes on in the next run`() throws {
        let isBroken = Mutex(true)
        let server = try LoopbackServer { request in
            if request.path.hasSuffix("/children"), request.path.contains("/3/"), isBroken.withLock({ $0 }) {
                return .json(["message": "broken"], status: 403)
            }
            return DemoSite.answer(request, url: "http://\(request.header("host") ?? "")")
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml", paged(server, "- {name: lists, write_disposition: replace, endpoint: pages/single}"))
        let failed = try fixture.pipe("api.yaml")
        #expect(failed.status == 77, "\(failed)")
        #expect(failed.stderr.contains("unable to fetch children: the answer is 403"), "\(failed.stderr)")
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM items") == 100)
        #expect(try database.integer("SELECT count(*) FROM lists") == 25)
        let children = try database.integer("SELECT count(*) FROM children") ?? 0
        #expect(children < 30)
        isBroken.withLock { $0 = false }
        let again = try fixture.pipe("api.yaml --resource parents --resource children")
        #expect(again.status == 0, "\(again)")
        #expect(try database.integer("SELECT count(*) FROM children") == 30)
        #expect(try database.integer("SELECT count(DISTINCT id) FROM children") == 30)
        #expect(try database.integer("SELECT count(*) FROM parents") == 10)
    }

    @Test func `a replaced table is left alone when its resource fails half way`() throws {
        let isBroken = Mutex(false)
        let server = try LoopbackServer { request in
            if request["offset"] == "10", isBroken.withLock({ $0 }) { return .json(["message": "no"], status: 403) }
            return DemoSite.answer(request, url: "http://\(request.header("host") ?? "")")
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: lists, write_disposition: replace, endpoint: {path: pages/offset, paginator: {type: offset, limit: 10}}}
            - {name: parents, endpoint: {params: {total: 10}}}
            """)
        #expect(try fixture.pipe("api.yaml").status == 0)
        isBroken.withLock { $0 = true }
        #expect(try fixture.pipe("api.yaml").status == 77)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM lists") == 25)
        #expect(try database.integer("SELECT count(*) FROM parents") == 20)
        isBroken.withLock { $0 = false }
        #expect(try fixture.pipe("api.yaml").status == 0)
        #expect(try database.integer("SELECT count(*) FROM lists") == 25)
    }

    @Test func `a run ends after its time, and the next goes on`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources: [{name: items, endpoint: {path: pages/offset, paginator: {type: offset, limit: 5}, params: {latency: 60}}}]
            """)
        let first = try fixture.pipe("--max-duration 0.2s api.yaml")
        #expect(first.status == 10, "\(first)")
        #expect(try fixture.pipe("api.yaml").status == 0)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM items") == 25)
        #expect(try database.integer("SELECT count(DISTINCT id) FROM items") == 25)
        // All was read, so the next run is a new one.
        #expect(try fixture.pipe("api.yaml").status == 0)
        #expect(try database.integer("SELECT count(*) FROM items") == 50)
    }

    // MARK: Incremental

    @Test func `only what is new is asked for and kept`() throws {
        let rows = Mutex([1, 2, 3])
        let server = try LoopbackServer { request in
            let since = request["since"] ?? ""
            let all = rows.withLock { $0 }.map { day in ("2024-01-0\(day)T00:00:00Z", day) }
            return .json(
                .array(all.filter { $0.0 >= since }.map { ["id": .integer($0.1), "updated_at": .string($0.0)] }))
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources:
            - name: items
              primary_key: id
              endpoint:
                path: items
                params: {since: {type: incremental, cursor_path: updated_at, initial_value: "2024-01-02T00:00:00Z"}}
            - {name: children, endpoint: "children/{resources.items.id}/x"}
            """)
        #expect(try fixture.pipe("api.yaml").status == 0)
        rows.withLock { $0 += [4] }
        let second = try fixture.pipe("api.yaml")
        #expect(second.status == 0, "\(second)")
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.string("SELECT group_concat(id) FROM (SELECT id FROM items ORDER BY id)") == "2,3,4")
        let asked = server.requests.compactMap { $0["since"] }
        #expect(asked == ["2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"])
        // The record at the boundary is known, so its children are not fetched again.
        #expect(server.requests.filter { $0.path.hasPrefix("/children/3/") }.count == 1)
    }

    @Test func `values are converted for requests, and a window has two ends`() throws {
        let server = try LoopbackServer { _ in .json([["id": 1, "at": "2024-01-05T00:00:00Z"]]) }
        let fixture = try RESTFixture()
        let configuration = """
            client: {base_url: "\(server.url)"}
            resources:
            - name: items
              endpoint:
                path: items
                params: {day: "{incremental.start_value}"}
                incremental: {cursor_path: at, initial_value: "2024-01-01", end_value: "2024-02-01", start_param: from, end_param: to, convert: epoch}
            """
        let read = try fixture.extract(configuration)
        #expect(read.ids("items") == [1], "\(read.result.stderr)")
        let request = try #require(server.requests.first)
        #expect(request["from"] == "1704067200" && request["to"] == "1706745600" && request["day"] == "1704067200")
        #expect(read.messages.allSatisfy { $0["type"] != "STATE" || $0["value", "sources"] == [:] })
    }
}

struct TableNameTests {
    @Test func `a resource may have a table of another name`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources: [{name: parents, table_name: "All Parents", endpoint: {params: {total: 3}}}]
            """)
        let result = try fixture.pipe("api.yaml")
        #expect(result.status == 0, "\(result)")
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM all_parents") == 3)
    }
}
