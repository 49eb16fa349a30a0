import SQLite

/// Functions of PostgreSQL that SQLite lacks, so that one query runs on both. They differ from the server's only where SQLite has no such
/// type: times are texts as dlt writes them, and booleans are 0 and 1.
enum PostgreSQLFunctions {
    /// Their names, for the manual.
    static let names = [
        "ascii", "bool_and", "bool_or", "btrim", "char_length", "chr", "concat", "concat_ws", "date_part", "date_trunc",
        "every",
        "gen_random_uuid", "greatest", "initcap", "least", "left", "lpad", "md5", "now", "num_nonnulls", "num_nulls",
        "octet_length",
        "regexp_like", "regexp_replace", "repeat", "reverse", "right", "rpad", "split_part", "starts_with", "stddev",
        "stddev_pop",
        "stddev_samp",
        "string_agg", "strpos", "to_char", "to_hex", "to_timestamp", "translate", "var_pop", "var_samp", "variance",
    ]

    /// - Parameter now: the time of the session, in microseconds.
    static func register(in database: Database, now: Int64) throws(SQLiteError) {
        try TextFunctions.register(in: database)
        try TimeFunctions.register(in: database, now: now)
        try AggregateFunctions.register(in: database)
        try DecimalFunctions.register(in: database)
    }
}

extension Database {
    /// A function that is NULL where an argument is, as most are.
    func register(
        strict name: String, _ arguments: ClosedRange<Int>, _ call: @escaping (FunctionCall) -> Void
    ) throws(SQLiteError) {
        for count in arguments {
            try register(function: name, arguments: count) { if !$0.hasNull { call($0) } }
        }
    }
}
