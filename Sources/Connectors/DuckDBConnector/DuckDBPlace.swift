import DestinationKinds
import Destinations
import DuckDB
import Failures
import SystemIO

/// The meaning of a URL and a dataset: what is attached under which name, and the schema in it.
struct DuckDBPlace {
    /// For messages, and without secrets.
    let shown: String
    let location: String
    /// The schema.
    let dataset: String
    /// The name under which the database is attached: the one that DuckDB's own program gives it.
    let catalog: String
    /// What is attached, as DuckDB spells it.
    let target: String
    /// The file of the database, or of a DuckLake's catalog, if it is a file.
    let file: DatabaseFile?
    /// The folder for the rows of a new DuckLake.
    let dataFolder: String?
    let isLake: Bool

    var dialect: DuckDBDialect { DuckDBDialect(catalog: catalog, schema: dataset) }
    /// Whether `file` is a DuckDB file.
    var isFile: Bool { file != nil && !isLake }

    init(_ target: DestinationTarget) throws(DestinationError) {
        shown = target.url.masked
        dataset = try DuckDBPlace.dataset(target.dataset, pipeline: target.pipeline)
        isLake = target.url.scheme == "ducklake"
        let rest = target.url.rest
        if target.url.scheme == "md" {
            let path = rest.drop { $0 == "/" }
            let name = String(path.prefix { $0 != "?" })
            (file, dataFolder) = (nil, nil)
            catalog = name.isEmpty ? "my_db" : name
            location = "md:\(catalog)"
            self.target = location + path.dropFirst(name.count)
        } else if isLake, rest.hasPrefix("postgres:") || rest.hasPrefix("mysql:") {
            (file, dataFolder) = (nil, nil)
            catalog = "ducklake"
            location = shown
            self.target = "ducklake:\(rest)"
        } else {
            let type = isLake && rest.hasPrefix("sqlite:") ? "sqlite:" : ""
            let path = isLake ? "/" + rest.dropFirst(type.count) : rest
            let file = try DatabaseFile(target.url, rest: path, .duckdb)
            catalog = DuckDBPlace.catalog(of: file.name)
            let prefix = isLake ? "ducklake:\(type)" : ""
            location = isLake ? prefix + file.path : "duckdb:///\(file.path)"
            self.target = prefix + file.path
            self.file = file
            dataFolder = isLake ? Paths.join(file.folder, Paths.withoutExtension(file.name) + ".files/") : nil
        }
    }

    static func dataset(_ named: String?, pipeline: String) throws(DestinationError) -> String {
        let limit = DestinationKind.duckdb.identifierLimit
        let name = try DatasetName.schema(named, pipeline: pipeline, maxLength: limit)
        guard name != "pg_catalog", name != "information_schema" else {
            throw DestinationError(
                .usage, "unable to use '\(name)' as a dataset: DuckDB itself has a schema of this name",
                hint: "choose another --dataset")
        }
        return name
    }

    /// The text before the first dot, changed where DuckDB reserves the name.
    private static func catalog(of name: String) -> String {
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        return ["main", "temp", "system"].contains(stem.lowercased()) ? stem + "_db" : stem
    }

    func attachment(_ access: DestinationAccess) -> String {
        let name = Database.quoteIdentifier(catalog)
        let isThere = file.map { Files.exists($0.path) } ?? true
        var options: [String] = []
        if isFile { options.append("TYPE duckdb") }
        if file != nil || isLake, access == .read { options.append("READ_ONLY") }
        // So that DuckDB 1.x can read a new file. An existing file keeps its version.
        if isFile, access == .write, !isThere { options.append("STORAGE_VERSION 'v1.0.0'") }
        if let dataFolder, !isThere { options.append("DATA_PATH \(Database.quoteLiteral(dataFolder))") }
        return "ATTACH \(Database.quoteLiteral(target)) AS \(name)"
            + (options.isEmpty ? "" : " (\(options.joined(separator: ", ")))")
    }
}
