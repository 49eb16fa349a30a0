import Destinations
import DuckDB
import Failures
import SystemIO
import TestSupport
import Testing

@testable import DuckDBConnector

/// What URLs and datasets stand for.
@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct PlaceTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    @Test(arguments: ["dlt", "main", "temp", "system", "memory", "x", "t", "My_Data"])
    func `a dataset may have any name of a database or schema`(_ dataset: String) throws {
        for id in 1...2 {
            let rows = "{\"id\":\(id),\"l\":[1]}"
            let result = try pipeline.load(
                rows, "--write-disposition merge --primary-key id", load: "--dataset \(dataset)")
            #expect(result.status == 0, "\(result)")
        }
        let tables = try pipeline.query(
            "SELECT DISTINCT schema_name, database_name FROM duckdb_tables() ORDER BY ALL")
        #expect(tables == [[dataset == "My_Data" ? "my_data" : dataset, "x"]])
        let name = dataset == "My_Data" ? "my_data" : dataset
        #expect(try pipeline.value("SELECT sum(id) FROM x.\"\(name)\".t") == "3")
        let pulled = try pipeline.shell(
            "rm -r \"$DLT_DATA_DIR\"; dlt-state pull \"$URL\" --dataset \(dataset) && dlt-schema history \"$URL\" --dataset \(dataset)"
        )
        #expect(pulled.status == 0, "\(pulled)")
    }

    @Test(arguments: ["pg_catalog", "information_schema"])
    func `a dataset that DuckDB has for itself is refused`(_ dataset: String) throws {
        let result = try pipeline.load("{\"id\":1}", load: "--dataset \(dataset)")
        #expect(
            result.status == 64 && result.stderr.contains("DuckDB itself has a schema of this name"), "\(result)")
        #expect(!Files.exists(pipeline.file))
    }

    @Test(arguments: [
        "main.duckdb", "temp.duckdb", "system.ddb", "memory.duckdb", "a b.duckdb", "it's.duckdb", "a.b.duckdb",
        ".hidden.duckdb", "Ünï.duckdb", "\"q\".duckdb",
    ])
    func `a file may have any name, and is opened by it as DuckDB does`(_ name: String) throws {
        for id in 1...2 {
            let result = try pipeline.shell(
                "dlt-normalize --table t | dlt-load \"$NAME\"", stdin: "{\"id\":\(id)}\n", ["NAME": name])
            #expect(result.status == 0, "\(result)")
        }
        #expect(try pipeline.folder.list().filter { $0 != "data" } == [name])
        let other = try DuckDBPlace(target("duckdb:///" + pipeline.folder.path(name)))
        let database = try Database.open(pipeline.folder.path(name))
        #expect(try database.query("SELECT current_database()") == [[other.catalog]])
        #expect(try database.query("SELECT count(*) FROM p_dataset.t") == [["2"]])
    }

    private func target(_ url: String) throws -> DestinationTarget {
        DestinationTarget(url: try #require(DestinationURL(url)), dataset: nil, pipeline: "p")
    }

    @Test func `all spellings of a file are one place`() throws {
        try Files.makeDirectory(pipeline.folder.path("sub"))
        for url in [pipeline.url, "duckdb:///\(pipeline.folder.path)/sub/../x.duckdb", pipeline.file] {
            #expect(try DuckDBPlace(target(url)).location == pipeline.url)
        }
    }

    @Test(arguments: [
        ("duckdb:///:memory:", "in memory would be gone"), (":memory:.duckdb", nil), ("duckdb:///", "names no file"),
        ("duckdb://host/x.duckdb", "has no hosts"), ("duckdb:///~/x.duckdb", "~ is not expanded"),
        ("duckdb:///x.duckdb?threads=1", "options after ?"), ("duckdb:///folder/", "names no file"),
    ])
    func `a URL that names no file is refused`(_ url: String, _ told: String?) throws {
        let result = try pipeline.shell("dlt-normalize --table t | dlt-load '\(url)'", stdin: "{\"id\":1}\n")
        if let told { #expect(result.status == 64 && result.stderr.contains(told), "\(result)") }
        #expect(try pipeline.leftovers().isEmpty || told == nil)
    }

    @Test func `an absent folder is named`() throws {
        let result = try pipeline.shell("dlt-normalize --table t | dlt-load absent/x.duckdb", stdin: "{\"id\":1}\n")
        #expect(result.status == 73 && result.stderr.contains("folder absent: No such file or directory"), "\(result)")
    }

    @Test(arguments: [
        ("md:db", "md:db", "md:db"), ("md:db?motherduck_token=s3cret", "md:db", "md:db?motherduck_token=s3cret"),
        ("md:", "md:my_db", "md:my_db"),
    ])
    func `a MotherDuck database is remembered without its token`(
        _ url: String, _ location: String, _ attached: String
    ) throws {
        let place = try DuckDBPlace(target(url))
        #expect(place.location == location)
        #expect(place.target == attached)
        #expect(!place.shown.contains("s3cret"))
    }

    @Test(arguments: [
        ("ducklake:sqlite:a.lake", "ducklake:sqlite:/f/a.lake", "ducklake:sqlite:/f/a.lake", "/f/a.files/"),
        ("ducklake:b.c.ducklake", "ducklake:/f/b.c.ducklake", "ducklake:/f/b.c.ducklake", "/f/b.c.files/"),
        (
            "ducklake:postgres:dbname=l password=x", "ducklake:postgres:dbname=l password=***",
            "ducklake:postgres:dbname=l password=x", nil
        ),
    ])
    func `a lake is its catalog`(_ url: String, _ location: String, _ attached: String, _ data: String?) throws {
        let here = try Files.realPath(".")
        func named(_ text: String) -> String { text.replacing("/f/", with: here + "/") }
        let place = try DuckDBPlace(target(url))
        #expect(place.location == named(location) && place.target == named(attached))
        #expect(place.dataFolder == data.map(named))
    }
}
