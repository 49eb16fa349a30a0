import DuckDB
import SystemIO
import TestSupport
import Testing

/// What a DuckLake has of its own; how rows are written there, the common suite knows.
@Suite(.enabled(if: DuckDBLibrary.extensions != nil, "\(DuckDBLibrary.absenceOfExtensions)"))
struct LakeTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    /// Loads into a lake; `$EXTENSIONS` is their folder.
    private func load(_ rows: String, _ url: String, _ options: String = "--extensions \"$EXTENSIONS\"") throws
        -> ProgramResult
    {
        try pipeline.shell(
            "dlt-normalize --table t | dlt-load \(url) \(options)", stdin: rows + "\n",
            ["EXTENSIONS": DuckDBLibrary.extensions ?? "", "HOME": pipeline.folder.path])
    }

    private func query(_ target: String, _ sql: String) throws -> [[String?]] {
        let database = try Database.open(
            nil, [("threads", "1"), ("extension_directory", DuckDBLibrary.extensions ?? "")])
        defer { database.close() }
        try database.execute("ATTACH '\(target)' AS lake (READ_ONLY)")
        return try database.query(sql)
    }

    @Test(arguments: ["sqlite:", ""])
    func `a catalog is made, rows lie beside it, and a package is one snapshot`(_ type: String) throws {
        for id in 1...2 {
            let rows = (id * 10..<id * 10 + 3).map { "{\"id\":\($0),\"l\":[1,2],\"c\(id)\":1}" }
            let result = try load(rows.joined(separator: "\n"), "ducklake:\(type)shop.lake")
            #expect(result.status == 0, "\(result)")
        }
        let target = "ducklake:\(type)\(pipeline.folder.path("shop.lake"))"
        #expect(
            try query(target, "SELECT count(*), sum(id), count(c1), count(c2) FROM lake.p_dataset.t") == [
                ["6", "96", "3", "3"]
            ])
        #expect(try query(target, "SELECT count(*) FROM lake.p_dataset.t__l") == [["12"]])
        // The first is the empty lake.
        #expect(try query(target, "SELECT count(*) FROM lake.snapshots()") == [["3"]])
        #expect(
            try pipeline.folder.list().filter { $0 != "data" && !$0.hasPrefix(".") } == ["shop.files", "shop.lake"])
        // dlt-state has no options of destinations.
        let pulled = try pipeline.shell(
            """
            mkdir .duckdb && ln -s "$EXTENSIONS" .duckdb/extensions && rm -r "$DLT_DATA_DIR"
            HOME=$PWD dlt-state pull ducklake:\(type)shop.lake && dlt-state show
            """, ["EXTENSIONS": DuckDBLibrary.extensions ?? ""])
        #expect(pulled.status == 0 && pulled.stdout.contains("\"dataset_name\": \"p_dataset\""), "\(pulled)")
    }

    @Test func `without its extension a lake is unavailable, and the hint says how to have it`() throws {
        let result = try load("{\"id\":1}", "ducklake:sqlite:shop.lake", "--extensions \"$PWD/none\"")
        #expect(
            result.status == 69 && result.stderr.contains("hint: run DuckDB's INSTALL once, or"), "\(result)")
        #expect(try pipeline.waiting() == 1)
        #expect(!Files.exists(pipeline.folder.path("shop.lake")))
        let again = try pipeline.shell(
            "dlt-load ducklake:sqlite:shop.lake --pending --extensions \"$EXTENSIONS\"",
            ["EXTENSIONS": DuckDBLibrary.extensions ?? ""])
        #expect(again.status == 0, "\(again)")
    }
}
