import Destinations
import LoadPackages
import Schemas
import TestSupport
import Testing

/// The contract itself, without a program.
@Suite struct SessionTests {
    private func open(_ pipeline: Pipeline) throws -> any Destination {
        let url = try #require(DestinationURL(pipeline.dataset.url))
        return try pipeline.destination.open(DestinationTarget(url: url, dataset: nil, pipeline: pipeline.name))
    }

    @Test(arguments: DestinationCases.present)
    func `several packages go into one session before one commit`(_ argument: CaseArgument) throws {
        let (together, apart) = (try Pipeline(argument), try Pipeline(argument))
        let upsert = "--write-disposition upsert --primary-key id"
        func packages(_ pipeline: Pipeline) throws -> [PackageReader] {
            for (lines, options) in [
                ([#"{"id":1,"l":[1]}"#, #"{"id":2,"l":[1,2]}"#], upsert),
                ([#"{"id":2,"new":"x","l":[3]}"#, #"{"id":3}"#], upsert), ([#"{"id":1,"l":[5]}"#], upsert),
            ] {
                expect(try pipeline.take(lines, options, loading: ""), 0)
            }
            return try pipeline.spool.packages(.waiting).map {
                try PackageReader(pipeline.spool.path(of: $0, in: .waiting))
            }
        }
        let waiting = try packages(together)
        // The second time nothing is there twice.
        for _ in 1...2 { try OneSession(open(together)).load(waiting) }
        for package in try packages(apart) { try OneSession(open(apart)).load([package]) }
        for query in [
            "SELECT id, new, (SELECT count(*) FROM t__l WHERE _dlt_parent_id = t._dlt_id) FROM t ORDER BY id",
            "SELECT value FROM t__l ORDER BY value", "SELECT count(*) FROM _dlt_loads WHERE status = 0",
            "SELECT count(*) FROM _dlt_version", "SELECT count(*) FROM _dlt_pipeline_state",
        ] {
            #expect(try together.query(query) == apart.query(query), "\(query)")
        }
        #expect(
            try together.query("SELECT id, new FROM t ORDER BY id") == [["1", nil], ["2", "x"], ["3", nil]])
        #expect(try together.dataset.tables().sorted() == apart.dataset.tables().sorted())
        #expect(try together.value("SELECT count(*) FROM _dlt_loads") == "3")
    }

    /// Also where the clock is behind: what is newest is found by these times.
    @Test(arguments: DestinationCases.present)
    func `the records of packages of one session are later one by one`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(try pipeline.take([#"{"id":0}"#]), 0)
        try pipeline.dataset.execute("UPDATE _dlt_loads SET inserted_at = '2199-01-01 00:00:00'")
        for id in 1...3 { expect(try pipeline.take([#"{"id":\#(id),"c\#(id)":1}"#], loading: ""), 0) }
        let waiting = try pipeline.spool.packages(.waiting).map {
            try PackageReader(pipeline.spool.path(of: $0, in: .waiting))
        }
        try OneSession(open(pipeline)).load(waiting)
        let times = "SELECT inserted_at FROM _dlt_loads UNION ALL SELECT inserted_at FROM _dlt_version"
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "4")
        #expect(
            try pipeline.query(
                "SELECT inserted_at FROM (\(times)) AS t WHERE inserted_at > '2199-01-01' GROUP BY inserted_at "
                    + "HAVING count(*) > 1"
            ).isEmpty)
    }

    @Test(arguments: DestinationCases.present)
    func `a session that is abandoned leaves nothing`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let package = try PackageReader(path)
        try OneSession(open(pipeline)).load([package]) { false }
        #expect(try pipeline.dataset.tables().isEmpty)
        try OneSession(open(pipeline)).load([package])
        #expect(try pipeline.sum("users") == Pipeline.sum(1...3))
    }

    @Test(arguments: DestinationCases.present)
    func `reading a dataset that is not there finds nothing, and makes nothing`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let session = try open(pipeline).open(.read)
        let names = SystemNames.standard
        #expect(try session.dataset.columns(of: "t") == nil && session.dataset.newestLoad(names) == nil)
        #expect(try session.dataset.newestSchema("s", names) == nil && session.dataset.newestState("s", names) == nil)
        #expect(try session.dataset.schemaVersions(names).isEmpty && session.dataset.latestTime(names) == nil)
        #expect(try !session.dataset.hasLoad("1.0", names))
        #expect(throws: DestinationError.self) { try session.commit([]) }
        session.abandon()
        #expect(try !pipeline.dataset.exists())
    }
}
