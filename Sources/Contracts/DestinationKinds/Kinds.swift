import Schemas

// The kinds of destinations that dlt has, with its names and limits (dlt 1.31, destinations/impl/*/factory.py).

extension DestinationKind {
    /// Kinds with a connector first.
    package static let all: [DestinationKind] = [
        .sqlite, .postgresql, .duckdb, .singer, .exec, .mssql, .clickhouse, .snowflake, .bigquery, .redshift, .mysql,
        .databricks,
        .filesystem,
    ]

    package static let sqlite: DestinationKind = {
        // SQLite has no limit of names; dlt, through SQLAlchemy, assumes this number.
        var kind = DestinationKind(
            "sqlite", "SQLite", typeName: "dlt.destinations.sqlalchemy", tableNames: .characters(9999))
        kind.schemes = ["sqlite"]
        kind.examples = ["sqlite:///file.db", "sqlite:////folder/file.db"]
        kind.defaultDataset = "main, the file itself"
        kind.casing = .insensitive
        kind.maxColumns = 2000
        kind.reservedTablePrefixes = ["sqlite_"]
        kind.mergeStrategies = [.deleteInsert, .history, .upsert, .insertOnly]
        kind.replaceStrategies = [.truncateAndInsert, .insertFromStaging]
        kind.indexChoices = [.nothing, .unique, .lookup]
        return kind
    }()

    package static let postgresql: DestinationKind = {
        var kind = DestinationKind(
            "postgresql", "PostgreSQL", typeName: "dlt.destinations.postgres", tableNames: .bytes(63))
        kind.schemes = ["postgresql", "postgres"]
        kind.examples = ["postgresql://user@host/database"]
        kind.defaultDataset = "PIPELINE_dataset"
        kind.maxColumns = 1600
        kind.reservedColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]
        kind.integerBits = 64
        kind.timeDigits = 6
        kind.mergeStrategies = [.deleteInsert, .upsert, .history, .insertOnly]
        kind.replaceStrategies = [.truncateAndInsert, .insertFromStaging, .stagingOptimized]
        kind.indexChoices = [.unique, .nothing, .lookup]
        return kind
    }()

    package static let duckdb: DestinationKind = {
        var kind = DestinationKind(
            "duckdb", "DuckDB", typeName: "dlt.destinations.duckdb", tableNames: .characters(65_536))
        kind.schemes = ["duckdb", "ducklake", "md"]
        kind.opaqueSchemes = ["ducklake", "md"]
        kind.fileExtensions = ["duckdb", "ddb"]
        kind.examples = ["duckdb:///file.duckdb"]
        kind.defaultDataset = "PIPELINE_dataset"
        kind.casing = .insensitive
        kind.integerBits = 128
        kind.decimalDigits = 38
        kind.timeDigits = 9
        kind.mergeStrategies = [.deleteInsert, .upsert, .history, .insertOnly]
        kind.replaceStrategies = [.truncateAndInsert, .insertFromStaging]
        kind.indexObstacle =
            "its joins do not use them, and a table with one accepts no further columns that must not be null"
        return kind
    }()

    package static let singer = program("singer", "Singer", "singer:'target-x --config c.json'")
    package static let exec = program("exec", "exec", "exec:./send.sh")

    /// A program that takes rows; it has no tables that could be examined.
    private static func program(_ name: String, _ title: String, _ example: String) -> DestinationKind {
        var kind = DestinationKind(
            name, title, typeName: "dlt.destinations.destination", tableNames: .characters(65_536))
        kind.schemes = [name]
        kind.opaqueSchemes = [name]
        kind.examples = [example]
        kind.defaultDataset = "PIPELINE"
        kind.mergeStrategies = [.deleteInsert, .upsert]
        kind.atomicity = .commitRecord
        return kind
    }

    package static let mssql = DestinationKind(
        "mssql", "SQL Server", typeName: "dlt.destinations.mssql", tableNames: .characters(128))
    package static let clickhouse = DestinationKind(
        "clickhouse", "ClickHouse", typeName: "dlt.destinations.clickhouse", tableNames: .characters(255))
    package static let snowflake = DestinationKind(
        "snowflake", "Snowflake", typeName: "dlt.destinations.snowflake", tableNames: .characters(255))
    package static let bigquery = DestinationKind(
        "bigquery", "BigQuery", typeName: "dlt.destinations.bigquery", tableNames: .characters(1024),
        columnNames: .characters(300))
    package static let redshift = DestinationKind(
        "redshift", "Redshift", typeName: "dlt.destinations.redshift", tableNames: .bytes(127))
    package static let mysql = DestinationKind(
        "mysql", "MySQL", typeName: "dlt.destinations.sqlalchemy", tableNames: .characters(64))
    package static let databricks = DestinationKind(
        "databricks", "Databricks", typeName: "dlt.destinations.databricks", tableNames: .characters(255))
    package static let filesystem = DestinationKind(
        "filesystem", "files", typeName: "dlt.destinations.filesystem", tableNames: .characters(65_536))
}
