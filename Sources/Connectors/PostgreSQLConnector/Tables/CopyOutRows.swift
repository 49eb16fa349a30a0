import Failures
import JSONText
import PostgreSQL
import TableSources

/// The rows of a COPY, decoded from the server's messages straight into the text of records.
final class CopyOutRows: TableRows {
    private let session: PostgreSQLTableSession
    private let connection: Connection
    private let action: String
    private let decoder: RowDecoder
    private var isFirst = true
    private var isAtEnd = false

    init(
        _ session: PostgreSQLTableSession, _ connection: Connection, _ selection: TableSelection, _ action: String
    ) {
        self.session = session
        self.connection = connection
        self.action = action
        decoder = RowDecoder(selection.columns)
    }

    deinit { close() }

    var remarks: [TableRemark] { decoder.remarks }

    func infinities(_ column: Int) -> Int { decoder.infinities[column] }

    func next(_ record: ByteBuffer) throws(TableError) -> Bool {
        while !isAtEnd {
            guard var message = try receive() else {
                isAtEnd = true
                throw broken
            }
            if isFirst {
                isFirst = false
                guard let size = RowDecoder.headerSize(message) else { throw broken }
                message = UnsafeBufferPointer(rebasing: message[size...])
                // A header of its own.
                if message.isEmpty { continue }
            }
            switch decoder.decode(message, into: record) {
            case .row: return true
            case .end:
                // The server's own end follows; only with it is the COPY whole.
                guard try receive() == nil else { throw broken }
                isAtEnd = true
            case .malformed: throw broken
            }
        }
        return false
    }

    private func receive() throws(TableError) -> UnsafeBufferPointer<UInt8>? {
        do throws(PostgreSQLError) { return try connection.nextCopied() } catch {
            isAtEnd = true
            throw session.explained(error, action)
        }
    }

    private var broken: TableError {
        TableError(.temporary, "unable to \(action): the server's data ends early or is malformed", hint: "try again")
    }

    func close() {
        guard !isAtEnd else { return }
        isAtEnd = true
        session.abandonRows()
    }
}
