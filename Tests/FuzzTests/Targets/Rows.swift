import Destinations
import JSONText
import JobRows
import LoadPackages
import RelationalSQL
import SQLite
import Schemas
import SystemIO
import TestSupport

@testable import PostgreSQLConnector
@testable import SQLiteConnector

extension FuzzTarget {
    /// The rows of a damaged job: an error, or as many rows as there are lines, on their way into each database.
    static let rows = FuzzTarget(name: "rows") { bytes in
        var input = FuzzInput(bytes)
        let portion = 1 + input.option(below: 64)
        // What lies in a package ends with a newline; the reader takes care of the rest.
        let text = input.bytes
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).count - (text.last == 0x0A ? 1 : 0)
        let wanted = text.isEmpty ? 0 : lines
        func blocks() -> BlockReader {
            BlockReader(
                source: MemorySource(text, portion: portion), blockBytes: 64, maximumLineBytes: 1 << 20,
                skipsByteOrderMark: false)
        }
        let columns = DataType.allCases.map { Column(name: $0.rawValue, $0) } + [Column(name: "ké\"y", .text)]
        for count in [columns.count, 1] {
            let columns = Array(columns.prefix(count))
            let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: 100, bytes: 0, checksum: "")
            let insert = RowInsert(table: "t", columns: columns, jobs: [job])
            let database = try Database.open(":memory:", flags: .create)
            try database.execute(
                "CREATE TABLE t (\(columns.map { Database.quoteIdentifier($0.name) }.joined(separator: ", ")))")
            var inserted = 0
            do {
                let inserter = try RowInserter(insert, into: "t", database: database, file: job.file, isGuarded: false)
                let batches = RowBatches(blocks(), of: job, columns: inserter.columns)
                while let batch = try batches.next() {
                    try inserter.insert(batch, of: job)
                    inserted += batch.rowCount
                }
                try require(inserted == wanted, "\(inserted) rows instead of \(wanted)")
                let there = try database.integer("SELECT count(*) FROM t")
                try require(there == Int64(wanted), "\(there ?? -1) rows are there instead of \(wanted)")
            } catch let finding as Finding { throw finding } catch {}
            for format in [CopyEncoder.Format.binary, .text] {
                let encoder = CopyEncoder(
                    insert, forms: columns.map { CopyForm(textOf: $0.dataType) }, format: format)
                encoder.begin(job)
                do {
                    var encoded = 0
                    let batches = RowBatches(blocks(), of: job, columns: encoder.columns)
                    while let batch = try batches.next() {
                        try encoder.encode(batch) { _ in }
                        encoded += batch.rowCount
                    }
                    try require(encoded == wanted, "\(encoded) rows encoded instead of \(wanted)")
                } catch let finding as Finding { throw finding } catch {}
            }
        }
    }
}
