import DatasetReaders
import Destinations
import Failures
import InspectionSupport
import LoadPackages
import ProgramSupport
import RelationalSQL
import Schemas

/// The datasets that pipelines load into: opened for a look of at most two seconds, and closed at once, so that no load waits.
struct Datasets: Sendable {
    /// Of a lock that a load holds: then the page says "busy" instead.
    private static let lockSeconds = 0.2
    private static let seconds = 2.0
    /// For what a page can do without at first: counts, an order, the values of a column. It is asked for by a link then.
    static let quickSeconds = 0.06
    /// Of rows. SQLite counts `count(*)` of a whole table in one step, in which nothing can end it.
    static let count = "count(1)"

    /// Whether the reader of the page has gone, and its queries are of no use any more.
    private var isAbandoned: @Sendable () -> Bool = { false }

    init() {}

    func watching(_ isAbandoned: @escaping @Sendable () -> Bool) -> Datasets {
        var datasets = self
        datasets.isAbandoned = isAbandoned
        return datasets
    }

    var hasReader: Bool { !isAbandoned() }

    /// Why a dataset has no answer now.
    enum Absence {
        case noHome
        /// A load holds it.
        case busy
        case unreadable(message: String, hint: String?)
    }

    enum Answer<Value> {
        case found(Value)
        case absent(Absence)

        var value: Value? { if case .found(let value) = self { value } else { nil } }
    }

    func ask<Value>(_ pipeline: PipelineFacts, _ body: (any ReadingSession) throws -> Value) -> Answer<Value> {
        ask(pipeline) { session, _ in try body(session) }
    }

    /// - Parameter body: may give its queries less time, and a server more: `PipelineFacts.patience`.
    func ask<Value>(
        _ pipeline: PipelineFacts, _ body: (any ReadingSession, QueryControl) throws -> Value
    ) -> Answer<Value> {
        guard let url = pipeline.url else { return .absent(.noHome) }
        do {
            let destination = try Connection.openForReading(
                url, dataset: pipeline.home.dataset, pipeline: pipeline.name, dataDirectory: nil,
                lockTimeout: Self.lockSeconds)
            guard let reading = destination as? any DatasetReading else {
                return .absent(
                    .unreadable(message: "\(DestinationURL.masked(url)) cannot be read from here yet", hint: nil))
            }
            let control = QueryControl(seconds: Self.seconds, isAbandoned: isAbandoned)
            let session = try reading.read(control)
            defer { session.close() }
            return .found(try body(session, control))
        } catch {
            if let failure = error as? any ExplainedFailure, failure.kind == .temporary { return .absent(.busy) }
            let words = ProgramError(of: error)
            return .absent(.unreadable(message: words?.message ?? "\(error)", hint: words?.hint))
        }
    }

    /// Every version that a dataset has kept of a schema, oldest first.
    func history(_ pipeline: PipelineFacts, of name: String) -> Answer<[HistoryVersion]> {
        ask(pipeline) { session in
            let names = SystemNames.standard
            let dialect = session.dialect
            func quoted(_ name: String) -> String { dialect.quote(name) }
            let rows = try session.texts(
                Query(
                    """
                    SELECT \(quoted("version_hash")), \(quoted("schema")), \(quoted("inserted_at")) FROM \
                    \(dialect.table(names.version)) WHERE \(quoted("schema_name")) = :name ORDER BY \(quoted("inserted_at"))
                    """, parameters: [QueryParameter(name: "name", value: .text(name))]))
            let loads = try session.texts(
                Query(
                    """
                    SELECT \(quoted("schema_version_hash")), min(\(quoted("load_id"))), count(*) FROM \
                    \(dialect.table(names.loads)) GROUP BY \(quoted("schema_version_hash"))
                    """))
            var first: [String: (LoadID?, Int)] = [:]
            for row in loads { first[row[0] ?? ""] = (row[1].flatMap { LoadID($0) }, row[2].flatMap { Int($0) } ?? 0) }
            return try rows.map { row in
                let hash = row[0] ?? ""
                return HistoryVersion(
                    schema: try StoredSchema(hash: hash, text: row[1] ?? "").schema, hash: hash,
                    stored: row[2] ?? "", load: first[hash]?.0, loads: first[hash]?.1 ?? 0)
            }
        }
    }
}

/// A version of a schema, and the load that brought it.
struct HistoryVersion {
    let schema: Schema
    let hash: String
    /// When the dataset got it, in the dataset's words; nil where only the spool knows the version.
    var stored: String?
    let load: LoadID?
    /// How many loads there were with it.
    let loads: Int
}
