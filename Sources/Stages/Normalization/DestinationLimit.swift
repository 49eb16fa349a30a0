import ArgumentParser

/// How long names may be in the destinations that dlt knows.
enum DestinationLimit: String, CaseIterable, ExpressibleByArgument, Sendable {
    case sqlite, postgresql, duckdb, mssql, clickhouse, snowflake, bigquery, redshift, mysql, databricks, filesystem

    var identifierLimit: Int {
        switch self {
        case .sqlite: 9999
        case .postgresql: 63
        case .duckdb, .filesystem: 65_536
        case .mssql: 128
        case .clickhouse, .snowflake, .databricks: 255
        case .bigquery: 300
        case .redshift: 127
        case .mysql: 64
        }
    }
}
