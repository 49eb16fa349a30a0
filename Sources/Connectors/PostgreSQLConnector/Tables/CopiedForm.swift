/// How the values of a column arrive in the binary format of COPY: as one of a dozen types of the server.
/// <https://www.postgresql.org/docs/current/sql-copy.html>
enum CopiedForm: Int {
    case text, bool, int2, int4, int8, oid, float4, float8, numeric, date, time, timestamp, timestamptz, json, jsonb,
        bytea, uuid

    /// Types that are sent as they are, by the numbers that all servers have for them.
    init?(type: Int) {
        switch type {
        case 16: self = .bool
        case 17: self = .bytea
        case 19, 25, 1042, 1043: self = .text
        case 20: self = .int8
        case 21: self = .int2
        case 23: self = .int4
        case 26: self = .oid
        case 114: self = .json
        case 700: self = .float4
        case 701: self = .float8
        case 1082: self = .date
        case 1083: self = .time
        case 1114: self = .timestamp
        case 1184: self = .timestamptz
        case 1700: self = .numeric
        case 2950: self = .uuid
        case 3802: self = .jsonb
        default: return nil
        }
    }
}
