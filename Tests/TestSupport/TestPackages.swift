package import JSONText
package import LoadPackages
package import PipelineStates
package import Schemas
import SystemIO

/// Packages that tests make by hand: as dlt-normalize would, but of any schema.
package enum TestPackages {
    /// A table with dlt's columns behind its own.
    package static func table(
        _ name: String, _ columns: [Column], disposition: String = "append", parent: String? = nil
    ) -> Table {
        var properties: JSONObject = ["name": .string(name)]
        if let parent {
            properties["parent"] = .string(parent)
        } else {
            properties["resource"] = .string(name)
            properties["write_disposition"] = .string(disposition)
        }
        properties["x-normalizer"] = ["seen-data": true]
        var system = [Column(name: "_dlt_load_id", .text, nullable: false)]
        if parent != nil {
            system = [
                Column(name: "_dlt_parent_id", .text, nullable: false, ["parent_key": true]),
                Column(name: "_dlt_list_idx", .bigint, nullable: false),
            ]
        }
        system.append(Column(name: "_dlt_id", .text, nullable: false, ["unique": true, "row_key": true]))
        return Table(properties: properties, columns: columns + system)
    }

    package static func users(_ disposition: String = "append", more: [Column] = []) -> Table {
        table(
            "users", [Column(name: "id", .bigint, nullable: true), Column(name: "name", .text, nullable: true)] + more,
            disposition: disposition)
    }

    /// Rows of `users`, with ids from `first` on.
    package static func userRows(_ first: Int, _ count: Int) -> [(table: String, row: String)] {
        (first..<first + count).map { id in
            ("users", "{\"id\":\(id),\"name\":\"u\(id)\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"r\(id)\"}")
        }
    }
}

extension Spool {
    /// Makes a waiting package and returns its path.
    ///
    /// - Parameters:
    ///   - rows: text of rows by table; `%` stands for the load id.
    ///   - base: what the schema is inferred on; its tables stay.
    ///   - extraRows: how many rows more the manifest promises of the first job than there are.
    @discardableResult
    package func makePackage(
        _ tables: [Table], rows: [(table: String, row: String)], base: Schema? = nil, baseID: LoadID? = nil,
        state: StateTree? = nil, subtrees: JSONObject = [:], runKey: String? = nil, emptyJobs: [String] = [],
        schemaName: String? = nil, baseHash: String? = nil, refresh: Manifest.Refresh = Manifest.Refresh(),
        extraRows: Int = 0
    ) throws -> String {
        var schema = base ?? Schema(name: schemaName ?? pipeline)
        for table in tables { schema.put(table) }
        schema.put(SystemTables.state)
        if let base { schema.succeed(base) } else { schema.bump() }
        let writer = try PackageWriter(
            spool: self, after: baseID, identity: runKey.map { LoadID.identity(runKey: $0) })
        var handles: [String: Int] = [:]
        func handle(_ table: String) -> Int {
            if let handle = handles[table] { return handle }
            let handle = writer.table(table)
            handles[table] = handle
            return handle
        }
        for (table, row) in rows {
            let line = Array((row.replacing("%", with: writer.loadID.text) + "\n").utf8)
            try line.withUnsafeBufferPointer { try writer.append($0, to: handle(table)) }
        }
        for table in emptyJobs { writer.ensureJob(of: handle(table)) }
        var jobs = try writer.finish()
        if extraRows != 0 { jobs[0].rows += extraRows }
        var manifest = Manifest(
            loadID: writer.loadID, runKey: runKey, pipeline: pipeline, schemaName: schema.name,
            schemaHash: schema.versionHash ?? "", identifierLimit: 63,
            base: Manifest.Base(schemaHash: baseHash ?? base?.versionHash, loadID: baseID, subtrees: subtrees),
            jobs: jobs)
        manifest.refresh = refresh
        return try writer.publish(manifest, schema: schema, state: state)
    }
}
