import JSONText
import LoopbackServer
import SQLite
import SystemIO
import TestSupport
import Testing

/// An order, and the end of what is wanted, are those of one parent's records, whatever the others have.
struct OrderTests {
    /// Parents 1 to 3, each with the days 1 to 7 of a month of its own, in an order, three to a page.
    private func server(descending: Bool) throws -> LoopbackServer {
        try LoopbackServer { request in
            if request.path == "/parents" { return .json([["id": 1], ["id": 2], ["id": 3]]) }
            let parent = Int(request.path.split(separator: "/")[1]) ?? 0
            let days = descending ? Array((1...7).reversed()) : Array(1...7)
            let start = request["offset"].flatMap { Int($0) } ?? 0
            let page = days.dropFirst(start).prefix(3).map { day -> JSONValue in
                ["id": .integer(parent * 10 + day), "at": .string("2024-0\(parent)-0\(day)T00:00:00Z")]
            }
            return .json(["data": .array(page), "total": 7])
        }
    }

    private func configuration(_ server: LoopbackServer, _ incremental: String, _ more: String = "") -> String {
        """
        client: {base_url: "\(server.url)", paginator: single_page}
        resources:
        - {name: parents, selected: false}
        - name: items
          write_disposition: append
          endpoint:
            path: parents/{resources.parents.id}/items
            paginator: {type: offset, limit: 3}
            data_selector: data
            incremental: {cursor_path: at, \(incremental)}
        \(more)
        """
    }

    private static let all = (1...3).flatMap { parent in (1...7).map { parent * 10 + $0 } }

    @Test(arguments: ["1", "2", "8"], [true, false])
    func `each parent is read to its own end`(workers: String, descending: Bool) throws {
        let server = try server(descending: descending)
        let order = descending ? "desc" : "asc"
        let read = try RESTFixture().extract(
            configuration(server, "initial_value: \"2024-01-06T00:00:00Z\", row_order: \(order)"), "--workers", workers)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items").sorted() == Self.all.filter { $0 >= 16 })
    }

    @Test(arguments: ["1", "8"])
    func `a chain that is beyond the end does not end the others`(workers: String) throws {
        let server = try server(descending: false)
        let read = try RESTFixture().extract(
            configuration(
                server, "initial_value: \"2024-01-02T00:00:00Z\", end_value: \"2024-02-04T00:00:00Z\", row_order: asc"),
            "--workers", workers)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items").sorted() == [12, 13, 14, 15, 16, 17, 21, 22, 23])
        // Beyond the end of the third parent nothing is asked for.
        #expect(server.requests.count { $0.path == "/parents/3/items" } == 1)
    }

    /// Where other resources are read beside it, records wait until all are there, and each keeps its chain.
    @Test func `records that wait keep their order and their end`() throws {
        let server = try server(descending: true)
        let read = try RESTFixture().extract(
            configuration(
                server, "initial_value: \"2024-01-06T00:00:00Z\", row_order: desc",
                "- {name: other, endpoint: {path: parents}}"))
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items").sorted() == Self.all.filter { $0 >= 16 })
        #expect(read.ids("other") == [1, 2, 3])
    }

    @Test func `the next run brings what is new of each, once`() throws {
        let server = try server(descending: true)
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            configuration(server, "initial_value: \"2024-01-06T00:00:00Z\", row_order: desc, primary_key: id"))
        for _ in 1...2 {
            let result = try fixture.pipe("api.yaml")
            #expect(result.status == 0, "\(result.stderr)")
        }
        let loaded = try run(
            program: "dlt-schema", arguments: ["show", "--pipeline", "api"], environment: fixture.environment)
        #expect(loaded.status == 0)
        let again = try fixture.extract(
            configuration(server, "initial_value: \"2024-01-06T00:00:00Z\", row_order: desc, primary_key: id"))
        #expect(again.ids("items").isEmpty, "\(again.ids("items"))")
    }

    @Test func `what breaks its order within a chain is an error`() throws {
        let server = try server(descending: true)
        let read = try RESTFixture().extract(configuration(server, "row_order: asc"))
        #expect(read.status == 65)
        #expect(read.result.stderr.contains("contrary to --row-order asc"), "\(read.result.stderr)")
    }

    // MARK: Parts

    /// Parents in the order of a cursor, each with a child that takes its time.
    private func family(_ delay: Double) throws -> LoopbackServer {
        try LoopbackServer { request in
            if request.path == "/parents" {
                return .json(.array((1...6).map { ["id": .integer($0), "at": .string("2024-01-0\($0)T00:00:00Z")] }))
            }
            let parent = Int(request.path.split(separator: "/")[1]) ?? 0
            return ServerReply.json([["id": .integer(parent * 10)]]).delayed(delay)
        }
    }

    private func configuration(family server: LoopbackServer) -> String {
        """
        client: {base_url: "\(server.url)", paginator: single_page}
        resources:
        - {name: parents, primary_key: id, endpoint: {incremental: {cursor_path: at, row_order: asc}}}
        - {name: children, endpoint: "p/{resources.parents.id}/c"}
        """
    }

    /// What parents remember must not pass children that were not read.
    @Test func `a run that is stopped loses no children`() throws {
        let server = try family(0.3)
        let fixture = try RESTFixture()
        try fixture.folder.write("api.yaml", configuration(family: server))
        let stopped = try runShell(
            "timeout -s TERM 1 dlt-extract rest api.yaml --workers 1 | dlt-normalize | dlt-load sqlite:///x.db",
            environment: fixture.environment, currentDirectory: fixture.folder.path)
        #expect(stopped.status != 0, "\(stopped)")
        #expect(try fixture.pipe("api.yaml").status == 0)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(DISTINCT id) FROM children") == 6)
        #expect(try database.integer("SELECT count(*) FROM children") == 6)
        #expect(try database.integer("SELECT count(*) FROM parents") == 6)
    }

    @Test func `what comes whole is not taken in chunks, nor cut by the time`() throws {
        let server = try family(0.3)
        let fixture = try RESTFixture()
        let chunked = try fixture.extract(configuration(family: server), "--chunk-size", "3")
        #expect(chunked.status == 64 && chunked.result.stderr.contains("in chunks"), "\(chunked.result.stderr)")
        let short = try fixture.pipe("api.yaml --workers 1 --max-duration 0.8s")
        #expect(short.status == 75 && short.stderr.contains("nothing is kept"), "\(short)")
        #expect(try fixture.pipe("api.yaml").status == 0)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM children") == 6)
        #expect(try database.integer("SELECT count(*) FROM parents") == 6)
    }

    /// Beside others it is put off until a chunk has room for it, and comes once.
    @Test func `what comes whole waits for a chunk that holds it`() throws {
        let server = try LoopbackServer { request in
            if request.path == "/latest" {
                return .json(
                    .array([3, 1, 2].map { ["id": .integer($0), "at": .string("2024-01-0\($0)T00:00:00Z")] }))
            }
            let start = request["offset"].flatMap { Int($0) } ?? 0
            return .json([
                "data": .array((0..<10).dropFirst(start).prefix(2).map { ["id": .integer($0)] }), "total": 10,
            ])
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: items, endpoint: {data_selector: data, paginator: {type: offset, limit: 2}}}
            - {name: latest, endpoint: {paginator: single_page, incremental: {cursor_path: at}}}
            """)
        var statuses: [Int32] = []
        repeat {
            statuses.append(try fixture.pipe("--chunk-size 4 api.yaml").status)
        } while statuses.last == 10 && statuses.count < 12
        #expect(statuses.last == 0, "\(statuses)")
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM items") == 10)
        #expect(try database.integer("SELECT count(*) FROM latest") == 3)
    }

    /// What was left out must not be passed by the cursor, whether records wait for others or not.
    @Test(arguments: ["--limit 1", "--max-pages 1"], [true, false])
    func `a cursor in no order does not pass what was left out`(option: String, hasOthers: Bool) throws {
        let server = try LoopbackServer { request in
            if request.path == "/other" { return .json([["id": 1]]) }
            let start = request["offset"].flatMap { Int($0) } ?? 0
            let page = [3, 1, 2].dropFirst(start).prefix(2).map { day -> JSONValue in
                ["id": .integer(day), "at": .string("2024-01-0\(day)T00:00:00Z")]
            }
            return .json(["data": .array(page), "total": 3])
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)"}
            resources:
            - name: items
              primary_key: id
              write_disposition: merge
              endpoint: {data_selector: data, paginator: {type: offset, limit: 2}, incremental: {cursor_path: at}}
            \(hasOthers ? "- {name: other, endpoint: {paginator: single_page}}" : "")
            """)
        #expect(try fixture.pipe("api.yaml \(option)").status == 0)
        #expect(try fixture.pipe("api.yaml").status == 0)
        let database = try Database.open(fixture.folder.path("x.db"))
        #expect(try database.integer("SELECT count(*) FROM items") == 3)
    }
}
