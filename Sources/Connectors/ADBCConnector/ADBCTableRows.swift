import ADBC
import Arrow
import ArrowRecords
import JSONText
import Schemas
import TableSources

/// The rows of a selection, in the batches in which the driver finds them.
final class ADBCTableRows: TableRows {
    private let action: String
    private var statement: ADBCStatement?
    private let stream = ArrowStream()
    private let watch: StopWatch
    private let columns: [ArrowField]
    private let writer: ArrowRecordWriter
    /// A column that has infinite times.
    private let infinite: Int?
    private var batch: ArrowBatch?
    private var row = 0

    /// - Parameter action: a verb and its object.
    init(
        _ connection: ADBCConnection, _ sql: String, _ selection: TableSelection, _ action: String, infinite: Int?
    ) throws(TableError) {
        self.action = action
        self.infinite = infinite
        let started: ADBCStatement
        do throws(ADBCError) { started = try connection.statement(sql) } catch {
            throw TableError(error, unableTo: action)
        }
        watch = StopWatch(started)
        statement = started
        do throws(ADBCError) { try started.run(into: stream.address) } catch {
            watch.end()
            throw TableError(error, unableTo: action)
        }
        do throws(ArrowError) {
            columns = try stream.columns()
            guard columns.count == selection.columns.count else {
                throw ArrowError(.malformed, "there are \(columns.count) columns instead of \(selection.columns.count)")
            }
        } catch {
            // The stream must end before its statement; `close` is not called after this.
            watch.end()
            stream.close()
            throw TableError(error, unableTo: action)
        }
        // Some databases give an expression a name of their own.
        writer = ArrowRecordWriter(zip(columns, selection.columns).map { $0.read(as: $1) })
    }

    deinit { close() }

    func infinities(_ column: Int) -> Int { column == infinite ? 1 : 0 }

    func close() {
        watch.end()
        batch = nil
        stream.close()
        statement?.close()
        statement = nil
    }

    func next(_ record: ByteBuffer) throws(TableError) -> Bool {
        guard let statement else { return false }
        do throws(ArrowError) {
            while true {
                if let batch, row < batch.rowCount {
                    try writer.write(row, of: batch, to: record)
                    row += 1
                    return true
                }
                // Its memory first, so that there is one batch at a time.
                batch = nil
                row = 0
                batch = try stream.next(columns)
                if batch == nil {
                    close()
                    return false
                }
            }
        } catch {
            let known = error.isOfSender ? statement.failure(of: stream.address) : nil
            let explained = known.map { TableError($0, unableTo: action) } ?? TableError(error, unableTo: action)
            close()
            throw explained
        }
    }
}

extension ArrowError {
    fileprivate var isOfSender: Bool { if case .sender = kind { true } else { false } }
}

extension ArrowField {
    /// The same under the column's own name. A text is JSON if the catalog says so, even if the driver does not.
    func read(as column: SourceColumn) -> ArrowField {
        var metadata = metadata
        if column.dataType == .json {
            metadata["ARROW:extension:name"] = metadata["ARROW:extension:name"] ?? "arrow.json"
        }
        return ArrowField(
            name: column.name, type: type, isNullable: isNullable, metadata: metadata, children: children,
            indexType: indexType)
    }
}
