import DatasetReaders
import DestinationKinds
import Failures
import RelationalSQL
import SystemIO

/// Goes through a whole table for a page that asks for it. A file that loads also write to is opened for a portion of the rows at a time, and
/// is free in between.
struct TableScan {
    private static let seconds = 30.0
    private static let firstPortion: Int64 = 100_000
    private static let leastPortion: Int64 = 1000
    /// Of a portion, after which the next one is smaller.
    private static let portionSeconds = 0.5

    /// How far a scan came.
    enum End {
        case whole
        /// The time was over, or a load had the database.
        case partial
    }

    private let datasets: Datasets
    private let pipeline: PipelineFacts

    init(_ datasets: Datasets, _ pipeline: PipelineFacts) {
        self.datasets = datasets
        self.pipeline = pipeline
    }

    /// - Parameter each: runs a query over the rows that fulfil a condition, nil for all of them.
    func run(_ table: DatasetTable, each: (any ReadingSession, _ condition: String?) throws -> Void) -> End {
        run(table) { session, condition in
            try each(session, condition)
            return false
        }
    }

    /// - Parameter isDone: the same; true ends the scan, since nothing more is wanted.
    func run(_ table: DatasetTable, until isDone: (any ReadingSession, _ condition: String?) throws -> Bool) -> End {
        let end = Clock.monotonicNanoseconds() + Int64(Self.seconds * 1e9)
        /// Where the next portion begins; nil at the beginning.
        var from: Int64?
        var portion = Self.firstPortion
        while true {
            let began = Clock.monotonicNanoseconds()
            guard datasets.hasReader, began < end else { return .partial }
            let answer = datasets.ask(pipeline) { session, control -> Step in
                guard Self.hasPortions(table, session) else {
                    control.restart(seconds: pipeline.patience)
                    _ = try isDone(session, nil)
                    return .last
                }
                let source = session.dialect.table(table.name)
                let range: [String?]
                do throws(QueryFailure) {
                    range = try session.texts(Query("SELECT min(rowid), max(rowid) FROM \(source)")).first ?? []
                } catch {
                    guard error.kind == .data else { throw error }
                    // A table without places, of another program.
                    _ = try isDone(session, nil)
                    return .last
                }
                guard let least = range.first?.flatMap({ Int64($0) }), let most = range.last?.flatMap({ Int64($0) })
                else { return .last }
                let start = from ?? least
                let (stop, isBeyond) = start.addingReportingOverflow(portion)
                let isLast = isBeyond || stop > most
                let isOver: Bool
                do {
                    isOver = try isDone(session, "rowid >= \(start)" + (isLast ? "" : " AND rowid < \(stop)"))
                } catch let failure as QueryFailure where failure.interruption == .overdue { return .tooLarge }
                return isLast || isOver ? .last : .next(stop)
            }
            guard let step = answer.value else { return .partial }
            switch step {
            case .last: return .whole
            case .next(let stop): from = stop
            case .tooLarge:
                // The machine has less to give than a moment ago.
                if portion <= Self.leastPortion { return .partial }
                portion = max(portion / 8, Self.leastPortion)
                continue
            }
            let seconds = Double(Clock.monotonicNanoseconds() - began) / 1e9
            // Deleted rows leave gaps, and a portion of nothing is quick.
            if seconds < Self.portionSeconds / 2 { portion = min(portion, 1 << 60) * 2 }
            if seconds > Self.portionSeconds { portion = max(portion / 2, Self.leastPortion) }
        }
    }

    private enum Step {
        /// On from a place.
        case next(Int64)
        case last
        case tooLarge
    }

    private static func hasPortions(_ table: DatasetTable, _ session: any ReadingSession) -> Bool {
        session.dialect.kind.name == DestinationKind.sqlite.name && table.hasPlaces
            && table[column: "rowid"] == nil
    }
}
