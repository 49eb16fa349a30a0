import Destinations
import JSONText
import LoadPackages
import Schemas

/// Reads the contents of a database's dataset.
///
/// An answer is kept until the session changes its subject: no other program changes it meanwhile.
final class SQLReader: DatasetReader {
    private let connection: any SQLConnection
    private var dialect: any SQLDialect { connection.dialect }
    private var knownColumns: [ExactString: [StoredColumn]?] = [:]
    private var knownTraits: [ExactString: TableTraits] = [:]
    private var knownRecords = KnownRecords()
    /// By table: columns whose values the database generates.
    private(set) var identities: [ExactString: Set<ExactString>] = [:]

    /// Answers from dlt's own tables, by question.
    private struct KnownRecords {
        var newestLoads: [[ExactString]: LoadID?] = [:]
        var newestSchemas: [[ExactString]: StoredSchema?] = [:]
        var schemas: [[ExactString]: StoredSchema?] = [:]
        var newestStates: [[ExactString]: StoredState?] = [:]
        var latestTimes: [[ExactString]: Int64?] = [:]
    }

    init(_ connection: any SQLConnection) { self.connection = connection }

    /// Must be called with each step that runs.
    func forget(whatChangesWith step: SQLStep) {
        switch step {
        // All of them, since some databases have one table for several spellings of its name.
        case .createTable, .addColumns: knownColumns = [:]
        case .swapTable, .dropTable:
            knownColumns = [:]
            knownTraits = [:]
            identities = [:]
            knownRecords = KnownRecords()
        case .insertRecord, .deleteRecords, .deleteVersions: knownRecords = KnownRecords()
        default: break
        }
    }

    /// The kept answer to a question, or else the result of `ask`.
    private func known<Answer>(
        _ answers: WritableKeyPath<KnownRecords, [[ExactString]: Answer]>, _ question: String...,
        ask: () throws(DestinationError) -> Answer
    ) throws(DestinationError) -> Answer {
        let question = question.map { ExactString($0) }
        if let known = knownRecords[keyPath: answers][question] { return known }
        let answer = try ask()
        knownRecords[keyPath: answers][question] = answer
        return answer
    }

    func columns(of table: String) throws(DestinationError) -> [StoredColumn]? {
        if let known = knownColumns[ExactString(table)] { return known }
        let columns = try reading(table) { () throws(SQLFailure) in try connection.columns(of: table) }
        let answer = columns.isEmpty ? nil : columns
        knownColumns[ExactString(table)] = .some(answer)
        let identities = columns.filter(\.isIdentity).map { ExactString($0.name) }
        self.identities[ExactString(table)] = identities.isEmpty ? nil : Set(identities)
        return answer
    }

    func traits(of table: String) throws(DestinationError) -> TableTraits {
        if let known = knownTraits[ExactString(table)] { return known }
        let traits = try reading(table) { () throws(SQLFailure) in try connection.traits(of: table) }
        knownTraits[ExactString(table)] = traits
        return traits
    }

    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        try value(
            names.loads, "SELECT load_id FROM \(loads(names)) WHERE load_id = \(value: .text(id)) AND status = 0")
            != nil
    }

    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        try value(
            names.loads,
            """
            SELECT load_id FROM \(loads(names)) WHERE length(load_id) >= 35 \
            AND substr(load_id, length(load_id) - 17) = \(value: .text(identity)) AND status = 0 LIMIT 1
            """)
    }

    func loads(
        _ ids: [String], identities: [String], _ names: SystemNames
    ) throws(DestinationError) -> LoadsFound {
        var found = LoadsFound()
        for row in try rows(names, "load_id", ids) { found.ids.insert(row) }
        let identity = "length(load_id) >= 35 AND substr(load_id, length(load_id) - 17)"
        for row in try rows(names, identity, identities) { found.identities[String(row.suffix(18))] = row }
        return found
    }

    /// Ids of completed loads for which an expression has one of these values.
    private func rows(
        _ names: SystemNames, _ expression: String, _ values: [String]
    ) throws(DestinationError) -> [String] {
        var found: [String] = []
        // Databases limit the number of values in a statement.
        for first in stride(from: 0, to: values.count, by: 500) {
            var query: SQLStatement = "SELECT load_id FROM \(loads(names)) WHERE status = 0 AND \(expression) IN ("
            for (index, value) in values[first..<min(first + 500, values.count)].enumerated() {
                if index > 0 { query.append(", ") }
                query.append(.text(value))
            }
            query.append(")")
            found += try rows(names.loads, query).compactMap { $0[0] }
        }
        return found
    }

    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? {
        try known(\.newestLoads, names.loads) { () throws(DestinationError) in
            try value(names.loads, "SELECT max(\(dialect.ordered("load_id"))) FROM \(loads(names)) WHERE status = 0")
                .flatMap { LoadID($0) }
        }
    }

    /// Loads that have begun to publish and are not cleaned up, without transactions, and their progress.
    func marks(_ names: SystemNames) throws(DestinationError) -> [LoadID: LoadMark] {
        let found = try rows(names.loads, "SELECT load_id, status FROM \(loads(names)) WHERE status IN (1, 2)")
        var marks: [LoadID: LoadMark] = [:]
        for row in found {
            guard let load = LoadID(row[0] ?? ""), let mark = LoadMark(rawValue: Int64(row[1] ?? "") ?? 0) else {
                continue
            }
            if marks[load] != .published { marks[load] = mark }
        }
        return marks
    }

    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try known(\.newestSchemas, names.version, names.loads, name) { () throws(DestinationError) in
            guard
                let stored = try schema(
                    names,
                    "WHERE v.schema_name = \(value: .text(name)) ORDER BY v.inserted_at DESC\(dialect.laterFirst("v"))")
            else { return nil }
            guard let last = try lastSchemaHash(name, usedAfter: stored.hash, names), last != stored.hash else {
                return stored
            }
            return try schema(hash: last, names) ?? stored
        }
    }

    /// The version that the last load has, if it came after the version stored last, and a load has that one.
    ///
    /// A version is stored once, also by dlt, so a load that goes back to an earlier one stores nothing. One that no load
    /// has belongs to a program that is about to load; `dlt-state push` may store one again. dlt's first datasets do not say which version a
    /// load has.
    private func lastSchemaHash(
        _ name: String, usedAfter stored: String, _ names: SystemNames
    ) throws(DestinationError) -> String? {
        guard let columns = try columns(of: names.loads),
            columns.contains(where: { $0.name.lowercased() == "schema_version_hash" })
        else { return nil }
        return try value(
            names.loads,
            """
            SELECT l.schema_version_hash FROM \(loads(names)) AS l \
            WHERE l.schema_name = \(value: .text(name)) AND l.status = 0 AND l.schema_version_hash IS NOT NULL \
            AND EXISTS (SELECT 1 FROM \(loads(names)) AS u WHERE u.schema_version_hash = \(value: .text(stored))) \
            AND l.inserted_at > (SELECT max(v.inserted_at) FROM \(dialect.table(names.version)) AS v \
            WHERE v.version_hash = \(value: .text(stored))) \
            ORDER BY l.inserted_at DESC\(dialect.laterFirst("l")) LIMIT 1
            """)
    }

    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        try known(\.schemas, names.version, hash) { () throws(DestinationError) in
            try schema(names, "WHERE v.version_hash = \(value: .text(hash))")
        }
    }

    private func schema(_ names: SystemNames, _ condition: SQLStatement) throws(DestinationError) -> StoredSchema? {
        let found = try rows(
            names.version,
            "SELECT v.version_hash, v.schema FROM \(dialect.table(names.version)) AS v \(condition) LIMIT 1")
        guard let hash = found.first?[0], let text = found.first?[1] else { return nil }
        return try StoredSchema(hash: hash, text: text)
    }

    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        try known(\.newestStates, names.state, names.loads, pipeline) { () throws(DestinationError) in
            try findNewestState(pipeline, names)
        }
    }

    private func findNewestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        guard try columns(of: names.loads) != nil else { return nil }
        let states = dialect.table(names.state)
        let mine: SQLStatement = "WHERE s.pipeline_name = \(value: .text(pipeline))"
        // Load ids are digits, and sort as such.
        let order =
            "ORDER BY \(dialect.ordered("s._dlt_load_id")) DESC, s.created_at DESC\(dialect.laterFirst("s")) LIMIT 1"
        // The newest state usually belongs to a completed load; and among a hundred thousand states a maximum is found
        // ten times as fast as a join.
        if let newest = try value(
            names.state, "SELECT max(\(dialect.ordered("s._dlt_load_id"))) FROM \(states) AS s \(mine)"),
            try hasLoad(newest, names)
        {
            let load: SQLStatement = "AND s._dlt_load_id = \(value: .text(newest)) \(order)"
            return try state(names, "SELECT s._dlt_load_id, s.state FROM \(states) AS s \(mine) \(load)")
        }
        let loads: SQLStatement = "JOIN \(loads(names)) AS l ON l.load_id = s._dlt_load_id"
        return try state(
            names, "SELECT s._dlt_load_id, s.state FROM \(states) AS s \(loads) \(mine) AND l.status = 0 \(order)")
    }

    private func state(_ names: SystemNames, _ query: SQLStatement) throws(DestinationError) -> StoredState? {
        let found = try rows(names.state, query)
        guard let load = found.first?[0], let text = found.first?[1] else { return nil }
        return try StoredState(loadID: load, text: text)
    }

    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        try known(\.latestTimes, names.version, names.loads, names.state) { () throws(DestinationError) in
            try findLatestTime(names)
        }
    }

    private func findLatestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        var latest: Int64?
        for (table, column) in [
            (names.version, "inserted_at"), (names.loads, "inserted_at"), (names.state, "created_at"),
        ] {
            let query: SQLStatement =
                "SELECT \(dialect.readableTime("t")) FROM (SELECT max(\(column)) AS t FROM \(dialect.table(table))) AS latest"
            guard let text = try value(table, query), let time = dialect.microseconds(text) else { continue }
            latest = max(latest ?? time, time)
        }
        return latest
    }

    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion] {
        let found = try rows(
            names.version,
            """
            SELECT v.version_hash, v.schema, \(dialect.shownTime("v.inserted_at")) FROM \(dialect.table(names.version)) AS v \
            ORDER BY v.inserted_at DESC\(dialect.laterFirst("v"))
            """)
        var versions: [SchemaVersion] = []
        for row in found.reversed() {
            versions.append(
                SchemaVersion(
                    stored: try StoredSchema(hash: row[0] ?? "", text: row[1] ?? ""), insertedAt: row[2] ?? ""))
        }
        return versions
    }

    // MARK: Queries

    private func loads(_ names: SystemNames) -> String { dialect.table(names.loads) }

    private func value(_ table: String, _ query: SQLStatement) throws(DestinationError) -> String? {
        try rows(table, query).first?[0]
    }

    /// The rows of a query on a table, as text; none when the table does not exist.
    private func rows(_ table: String, _ query: SQLStatement) throws(DestinationError) -> [[String?]] {
        guard try columns(of: table) != nil else { return [] }
        return try reading(table) { () throws(SQLFailure) in try connection.rows(of: query) }
    }

    private func reading<Result>(
        _ table: String, _ body: () throws(SQLFailure) -> Result
    ) throws(DestinationError) -> Result {
        do { return try body() } catch {
            throw error.explained("read table \"\(table)\"")
        }
    }
}
