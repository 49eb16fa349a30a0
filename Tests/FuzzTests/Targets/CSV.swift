import JSONText
import RecordSources
import SystemIO
import TestSupport

@testable import FileConnector

extension FuzzTarget {
    /// Rows and values are the same however the input is cut, and each is one JSON text.
    static let csv = FuzzTarget(name: "csv") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 6)
        let text = input.bytes
        func reader() -> any RecordReader {
            switch kind {
            case 0: CSVReader(CSVDialect())
            case 1: CSVReader(CSVDialect(delimiter: 0x09))
            case 2: JSONDocumentReader(path: nil)
            case 4: CSVReader(CSVDialect(delimiter: UInt8(ascii: ";"), quoting: .off, hasHeader: false))
            case 5: CSVReader(CSVDialect(quote: UInt8(ascii: "'")))
            default: JSONDocumentReader(path: try? JSONPath("a[*].b"))
            }
        }
        let whole = Outcome(text, reader(), portion: .max)
        for record in whole.records {
            let accepted = StrictJSON.accepts(record)
            try require(accepted != false, "a record is not JSON: \(String(decoding: record, as: UTF8.self))")
        }
        for portion in [1, 7, 16] {
            let cut = Outcome(text, reader(), portion: portion)
            try require(cut == whole, "read in portions of \(portion) it is different: \(cut) instead of \(whole)")
        }
    }

    private struct Outcome: Equatable {
        var records: [[UInt8]] = []
        var failure: String?

        init(_ text: [UInt8], _ reader: any RecordReader, portion: Int) {
            var reader = reader
            var records: [[UInt8]] = []
            defer { self.records = records }
            let window = ByteWindow(MemorySource(text, portion: portion), blockBytes: 16)
            do {
                _ = try reader.read(window, from: nil) { record, _ in
                    records.append(Array(record))
                    return true
                }
            } catch let error as FileSyntaxError { failure = "\(error.place): \(error.reason)" } catch {
                failure = "\(error)"
            }
        }
    }
}
