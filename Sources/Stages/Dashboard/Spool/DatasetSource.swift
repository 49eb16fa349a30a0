import DatasetReaders
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RelationalSQL
import Schemas

/// A database that was named by its URL: its datasets are shown without a spool, also those that dlt itself loaded.
struct DatasetSource: Sendable {
    /// Nothing can be in it.
    static let noDirectory = "/dev/null"
    private static let lockSeconds = 0.2
    private static let seconds = 2.0

    /// May hold a password, and goes into no page.
    let url: String
    /// The only one to show; nil for all of the database.
    let dataset: String?

    private func reading(_ dataset: String?) throws -> any DatasetReading {
        let destination = try Connection.openForReading(
            url, dataset: dataset, pipeline: "dlt", dataDirectory: nil, lockTimeout: Self.lockSeconds)
        guard let reading = destination as? any DatasetReading else {
            throw ProgramError(
                .usage, "unable to read \(DestinationURL.masked(url)): it is only loaded into",
                hint: "use the database's own program")
        }
        return reading
    }

    /// Of a database that is one; its changes are seen by it.
    var file: String? {
        guard let location = try? reading(dataset).location, let mark = location.firstRange(of: ":///") else {
            return nil
        }
        return location.hasPrefix("sqlite:") || location.hasPrefix("duckdb:")
            ? String(location[mark.upperBound...]) : nil
    }

    func names() throws -> [String] {
        if let dataset { return [dataset] }
        return try reading(nil).datasets(QueryControl(seconds: Self.seconds)).filter {
            Spool(dataDirectory: Self.noDirectory, pipeline: $0) != nil
        }
    }

    /// nil where the database has no such dataset.
    func pipeline(_ name: String) -> PipelineFacts? {
        guard let spool = Spool(dataDirectory: Self.noDirectory, pipeline: name) else { return nil }
        guard dataset == nil || dataset == name else { return nil }
        var location: String?
        var facts: DatasetFacts
        do {
            let reading = try reading(name)
            location = reading.location
            let session = try reading.read(QueryControl(seconds: Self.seconds))
            defer { session.close() }
            facts = try DatasetFacts(session, url)
        } catch {
            let failure = error as? any ExplainedFailure
            if failure?.kind == .noInput { return nil }
            let words = ProgramError(of: error)
            facts = DatasetFacts(
                url,
                failure?.kind == .temporary
                    ? .busy : .unreadable(message: words?.message ?? "\(error)", hint: words?.hint))
        }
        return PipelineFacts(
            spool: spool, home: PipelineHome(destination: location ?? DestinationURL.masked(url), dataset: name),
            waiting: [], failed: [], loaded: [], runs: [], lastRun: nil, damage: nil, dataDirectoryOption: nil,
            dataset: facts)
    }
}

/// What the tables of dlt in a dataset say.
struct DatasetFacts: Sendable {
    private static let newest = 50

    struct Load: Sendable {
        let text: String
        /// nil where it is not one, as of a program that is not dlt.
        var id: LoadID? { LoadID(text) }
        let schema: String
        let schemaHash: String
        /// 0 for one that is complete.
        let status: Int
        /// In the words of the database.
        let inserted: String
    }

    struct State: Sendable {
        let pipeline: String
        let load: String
        let state: PipelineState
    }

    let url: String
    /// The newest version of each, the one written last first.
    private(set) var schemas: [Schema] = []
    /// The newest of each pipeline that loads into the dataset, the one written last first.
    private(set) var states: [State] = []
    /// The newest ones, newest first.
    private(set) var loads: [Load] = []
    private(set) var loadCount = 0
    private(set) var tableCount = 0
    /// Why nothing is known.
    private(set) var absence: Datasets.Absence?

    init(_ url: String, _ absence: Datasets.Absence) {
        self.url = url
        self.absence = absence
    }

    init(_ session: any ReadingSession, _ url: String) throws {
        self.url = url
        let catalog = try session.catalog()
        schemas = catalog.schemas
        tableCount = catalog.tables.count { $0.kind != .system }
        let tables = catalog.tables.filter { $0.kind == .system }
        let table = { (name: String) in tables.first { $0.name.lowercased() == name } }
        if let loads = table(SystemTables.loadsName) { try read(loads: loads, session) }
        if let states = table(SystemTables.stateName) { try read(states: states, session) }
    }

    private mutating func read(loads table: DatasetTable, _ session: any ReadingSession) throws {
        let dialect = session.dialect
        let source = dialect.table(table.name)
        let columns = ["load_id", "schema_name", "status", "inserted_at", "schema_version_hash"].map { name in
            table[column: name].map { dialect.quote($0.name) } ?? "NULL"
        }
        let rows = try session.texts(
            Query(
                """
                SELECT \(columns[0]), \(columns[1]), \(columns[2]), CAST(\(columns[3]) AS TEXT), \(columns[4]) FROM \(source) \
                ORDER BY \(dialect.ordered(columns[0])) DESC LIMIT \(Self.newest)
                """))
        loads = rows.map { row in
            Load(
                text: row[0] ?? "", schema: row[1] ?? "", schemaHash: row[4] ?? "",
                status: row[2].flatMap { Int($0) } ?? 0,
                inserted: row[3] ?? "")
        }
        loadCount =
            try session.texts(Query("SELECT count(*) FROM \(source)")).first?.first.flatMap { $0.flatMap { Int($0) } }
            ?? 0
    }

    private mutating func read(states table: DatasetTable, _ session: any ReadingSession) throws {
        let dialect = session.dialect
        guard let name = table[column: "pipeline_name"]?.name, let load = table[column: "_dlt_load_id"]?.name,
            let text = table[column: "state"]?.name
        else { return }
        let source = dialect.table(table.name)
        let rows = try session.texts(
            Query(
                """
                SELECT s.\(dialect.quote(name)), s.\(dialect.quote(load)), s.\(dialect.quote(text)) FROM \(source) AS s \
                JOIN (SELECT \(dialect.quote(name)) AS pipeline, max(\(dialect.ordered(dialect.quote(load)))) AS newest FROM \(source) \
                GROUP BY \(dialect.quote(name))) AS n ON n.pipeline = s.\(dialect.quote(name)) \
                AND n.newest = \(dialect.ordered("s." + dialect.quote(load))) ORDER BY n.newest DESC LIMIT 100
                """))
        for row in rows where !states.contains(where: { ExactString($0.pipeline) == ExactString(row[0] ?? "") }) {
            let stored = try StoredState(loadID: row[1] ?? "", text: row[2] ?? "")
            states.append(State(pipeline: row[0] ?? "", load: stored.loadID, state: stored.state))
        }
    }

    /// The state of another pipeline first; nil where there is none of that name.
    func choosing(_ pipeline: String) -> DatasetFacts? {
        guard let chosen = states.first(where: { $0.pipeline == pipeline }) else { return nil }
        var facts = self
        facts.states = [chosen] + states.filter { $0.pipeline != pipeline }
        return facts
    }
}
