package import LoadPackages
package import SQLite
package import Schemas
import SystemIO

/// One pipeline's spool and SQLite files, and dlt-load run on them.
package struct SQLiteFixture {
    package let folder: WorkDirectory
    package let spool: Spool
    package var pipeline: String { spool.pipeline }

    package init(pipeline: String = "p") throws {
        folder = try WorkDirectory()
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: pipeline) else {
            throw Missing("spool")
        }
        self.spool = spool
    }

    package struct Missing: Error {
        let what: String
        package init(_ what: String) { self.what = what }
    }

    // MARK: Packages

    package func schema(of package: String) throws -> Schema { try PackageReader(package, loadingRows: false).schema }
    package func id(of package: String) throws -> LoadID {
        try PackageReader(package, loadingRows: false).manifest.loadID
    }

    // MARK: Loading

    package func url(_ name: String = "x.db") -> String { "sqlite:///" + folder.path(name) }

    package func load(_ arguments: [String], database: String = "x.db", stdin: String = "") throws -> ProgramResult {
        try run(
            program: "dlt-load", arguments: [url(database)] + arguments, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
    }

    // MARK: Looking

    package func database(_ name: String = "x.db") throws -> Database {
        try Database.open(folder.path(name), flags: .readOnly)
    }

    /// All rows of a query, values as SQLite quotes them.
    package func query(_ sql: String, database name: String = "x.db") throws -> [[String]] {
        let statement = try database(name).prepare(sql)
        var rows: [[String]] = []
        while try statement.step() { rows.append((0..<statement.columnCount).map { statement.string($0) }) }
        return rows
    }

    package func value(_ sql: String, database name: String = "x.db") throws -> String? {
        try query(sql, database: name).first?.first
    }

    package func places() throws -> [Int] { try Spool.Place.allCases.map { try spool.packages($0).count } }
}

package enum FileCopy {
    /// Copies a file or a folder with all that is in it.
    package static func tree(_ from: String, to: String) throws {
        let result = try run(argv: ["cp", "-a", from, to], stdin: [])
        if result.status != 0 { throw SQLiteFixture.Missing(result.stderr) }
    }
}
