import RecordSources
import Synchronization
import SystemIO
import TableSources
import Threading

/// Reads parts of tables over several connections that share one view, and delivers the rows from the thread of the sink.
final class ParallelReading: Sendable {
    struct Item: Sendable {
        /// Its table's place among those of the run.
        let table: Int
        let selection: TableSelection
    }

    private let open: @Sendable (_ isInterrupted: @escaping @Sendable () -> Bool) throws(TableError) -> any TableSession
    private let items: [Item]
    private let nextItem = Atomic<Int>(0)
    private let exchange: PortionExchange<RowBlock>
    private let jobs: Int
    private let state = Mutex(State())

    private struct State {
        /// Tables of which the sink wants no more.
        var full: Set<Int> = []
        var remarks: [Int: [TableRemark]] = [:]
    }

    init(
        _ items: [Item], jobs: Int,
        open: @escaping @Sendable (@escaping @Sendable () -> Bool) throws(TableError) -> any TableSession
    ) {
        self.items = items
        self.open = open
        self.jobs = min(jobs, max(items.count, 1))
        exchange = PortionExchange((0..<self.jobs * 2 + 1).map { _ in RowBlock() })
    }

    /// Delivers all rows; returns whether the sink wants more. A failure of one connection ends all of them.
    func run(_ handles: [Int], into sink: any RecordSink) throws -> Bool {
        exchange.start(jobs) { [self] _ in try work() }
        defer { exchange.end() }
        var wantsMore = true
        while wantsMore, let block = try exchange.next() {
            try block.forEachRecord { record in
                switch try sink.take(record, of: handles[block.table]) {
                case .taken, .leftOut: return true
                case .resourceIsFull, .sequenceHasEnded:
                    state.withLock { _ = $0.full.insert(block.table) }
                    return false
                case .stop:
                    wantsMore = false
                    return false
                }
            }
            exchange.giveBack(block)
        }
        return wantsMore
    }

    func remarks(_ table: Int) -> [TableRemark] { TableRemark.merged(state.withLock { $0.remarks[table] ?? [] }) }

    private func work() throws {
        let exchange = exchange
        let session = try open { exchange.isAbandoned }
        defer { session.close() }
        while true {
            let place = nextItem.wrappingAdd(1, ordering: .relaxed).oldValue
            guard place < items.count else { return }
            if try !read(items[place], session) { return }
        }
    }

    /// False when nothing more is wanted.
    private func read(_ item: Item, _ session: any TableSession) throws -> Bool {
        if isFull(item.table) { return true }
        let rows = try session.rows(of: item.selection)
        defer { rows.close() }
        var isMore = true
        while isMore, !isFull(item.table) {
            guard let block = exchange.takeFree() else { return false }
            block.begin(item.table)
            isMore = try block.fill(from: rows)
            try rows.refuseInfinity(of: item.selection)
            exchange.put(block)
        }
        let remarks = rows.remarks
        if !remarks.isEmpty { state.withLock { $0.remarks[item.table, default: []] += remarks } }
        return true
    }

    private func isFull(_ table: Int) -> Bool { state.withLock { $0.full.contains(table) } }
}
