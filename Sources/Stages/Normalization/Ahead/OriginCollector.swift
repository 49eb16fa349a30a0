import JSONText

/// Notes of which record each row of a root table is, beside the rows that a worker makes.
final class OriginCollector: RowOutput {
    private let collector: RowCollector
    private var tables: [RowTable?] = []
    /// The table of a name, when it has a row.
    var tableNamed: (String) -> RowTable? = { _ in nil }
    var record: () -> RecordOrdinal = { RecordOrdinal() }

    init(_ collector: RowCollector) { self.collector = collector }

    func table(_ name: String) -> Int {
        tables.append(nil)
        return collector.table(name)
    }

    func buffer(of table: Int) -> ByteBuffer { collector.buffer(of: table) }

    func endRow(of table: Int, bytes: Int) {
        collector.endRow(of: table, bytes: bytes)
        if tables[table] == nil { tables[table] = tableNamed(collector.names[table]) }
        if tables[table]?.isNested == false { collector.note(origin: record(), of: table) }
    }
}
