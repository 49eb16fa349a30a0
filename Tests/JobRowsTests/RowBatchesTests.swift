import Destinations
import JobRows
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

/// What the values of rows become, apart from any database; the connectors' tests look at what arrives there.
struct RowBatchesTests {
    private let columns = [
        RowColumn("s", .text, type: "text"), RowColumn("z", .textWithoutZeros, type: "text"),
        RowColumn("i", .integer, type: "bigint"), RowColumn("d", .real, type: "double"),
        RowColumn("n", .number, type: "decimal"), RowColumn("b", .bool, type: "bool"),
        RowColumn("at", .spacedTimestamp, type: "timestamp"), RowColumn("bin", .binary, type: "binary"),
        RowColumn("j", .json, type: "json"), RowColumn("day", .plain, type: "date"),
    ]

    /// - Parameter isLarge: parsed on a second thread.
    private func batches(_ text: String, isLarge: Bool = false, blockBytes: Int = 1 << 20) -> RowBatches {
        let job = Manifest.Job(table: "t", file: "t.0.jsonl.zst", rows: 0, bytes: isLarge ? 1 << 20 : 1, checksum: "")
        let blocks = BlockReader(
            source: MemorySource(Array(text.utf8), portion: .max), blockBytes: blockBytes, maximumLineBytes: .max >> 1,
            skipsByteOrderMark: false)
        return RowBatches(blocks, of: job, columns: columns)
    }

    /// Rows as texts of the form `column=value`, in the order of the cells.
    private func rows(_ batches: RowBatches) throws -> [[String]] {
        var rows: [[String]] = []
        while let batch = try batches.next() {
            #expect(batch.firstRow == rows.count + 1)
            var cell = 0
            for row in 0..<batch.rowCount {
                var values: [String] = []
                while cell < Int(batch.ends[row]) {
                    values.append(describe(batch.cells[cell], batch))
                    cell += 1
                }
                rows.append(values)
            }
        }
        return rows
    }

    private func describe(_ cell: Cell, _ batch: RowBatch) -> String {
        let name = columns[Int(cell.column)].name
        func bytes() -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(start: batch.text + Int(cell.bits), count: Int(cell.count))
        }
        return switch cell.kind {
        case .integer: "\(name)=\(Int64(bitPattern: cell.bits))"
        case .real: "\(name)=\(Double(bitPattern: cell.bits))"
        case .text: "\(name)=\(String(decoding: bytes(), as: UTF8.self))"
        case .bytes: "\(name)=\(Array(bytes()))"
        }
    }

    @Test func `values take the form that the destination wants`() throws {
        let text = #"""
            {"s":"a\n\u00e9\u0000","z":"\u0000a\u0000b","i":-12,"d":2.5,"n":1.10,"b":true}
            {"at":"2024-01-15T08:00:00.123456Z","bin":"AAEC","j":{"a": "\n"},"day":"2024-01-15","b":false}
            {"bin":"","s":"","j":"x","i":null}
            {}
            """#
        #expect(
            try rows(batches(text)) == [
                ["s=a\né\0", "z=ab", "i=-12", "d=2.5", "n=1.10", "b=1"],
                ["at=2024-01-15 08:00:00.123456", "bin=[0, 1, 2]", #"j={"a": "\n"}"#, "day=2024-01-15", "b=0"],
                ["bin=[]", "s=", #"j="x""#], [],
            ])
    }

    @Test func `of a key that comes twice the last value counts`() throws {
        #expect(
            try rows(batches(#"{"i":1,"s":"a","i":2,"d":1,"i":3}"# + "\n" + #"{"i":4,"i":5}"#)) == [
                ["s=a", "d=1.0", "i=3"], ["i=5"],
            ])
    }

    @Test(arguments: [false, true]) func `rows keep their order and number, wherever blocks are cut`(isLarge: Bool)
        throws
    {
        let text = (0..<20_000).map { #"{"i":\#($0),"s":"\#(String(repeating: "x", count: $0 % 40))"}"# + "\n" }
        for blockBytes in [64, 4096, 1 << 20] {
            let found = try rows(batches(text.joined(), isLarge: isLarge, blockBytes: blockBytes))
            #expect(found.count == 20_000)
            #expect(
                found.enumerated().allSatisfy {
                    $1 == ["i=\($0)", "s=" + String(repeating: "x", count: $0 % 40)]
                })
        }
    }

    @Test(arguments: [
        (#"{"i":1.5}"#, #"has 1.5 in column "i", which is bigint"#),
        (#"{"s":7}"#, #"has 7 in column "s", which is text"#),
        (#"{"b":"x"}"#, #"has "x" in column "b", which is bool"#),
        (#"{"bin":"?"}"#, #"has "?" in column "bin", which is binary"#),
        (#"{"x":1}"#, #"has a value for "x", a column that the schema lacks"#),
        (#"{"s":"a"#, "is cut off"), (#"{"s":"a"} 1"#, "is not JSON at byte"), ("[]", "is not an object"),
        ("{\"i\":1}\0{\"i\":2}", "is not JSON at byte 8"),
    ])
    func `what is wrong with a row is told with its number, behind the rows before`(row: String, reason: String) throws
    {
        for isLarge in [false, true] {
            let good = String(repeating: "{\"i\":1}\n", count: 2000)
            let batches = batches(good + row + "\n", isLarge: isLarge, blockBytes: 1024)
            var count = 0
            let error = #expect(throws: DestinationError.self) {
                while let batch = try batches.next() { count += batch.rowCount }
            }
            #expect(error?.message.contains("row 2001 of t.0.jsonl.zst \(reason)") == true, "\(error?.message ?? "")")
            #expect(count > 1000)
        }
    }
}
