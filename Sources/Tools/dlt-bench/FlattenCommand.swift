import ArgumentParser
import Identifiers
import JSONText
import Normalization
import ProgramSupport
import Schemas
import SystemIO

/// Counts rows and forgets them.
private final class DiscardedRows: RowOutput {
    private(set) var rows = 0
    private(set) var bytes = 0
    private var tables = 0
    private let row = ByteBuffer()

    func table(_ name: String) -> Int {
        tables += 1
        return tables - 1
    }

    func buffer(of table: Int) -> ByteBuffer { row }

    func endRow(of table: Int, bytes: Int) {
        rows += 1
        self.bytes += bytes
        row.removeAll()
    }
}

/// What `dlt-normalize` does to plain rows with one worker, without reading, compressing and writing them.
struct FlattenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flatten", abstract: "Turn JSON lines of a file into rows of tables, and throw those away.")

    @Argument(help: ArgumentHelp("JSON lines; the file is read into memory first.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Measure this number of times and report the best.", valueName: "n"))
    var repeats = 3

    func run() throws {
        let text = try Files.readAll(file)
        var output = DiscardedRows()
        var records = 0
        let measurement = try Measurement(repeats: repeats) {
            output = DiscardedRows()
            records = try flatten(text, into: output)
            return output.bytes
        }
        try tell([
            "measured": "flatten", "records": .integer(records), "rows": .integer(output.rows),
            "input_bytes": .integer(text.count), "output_bytes": .integer(output.bytes),
            "seconds": Measurement.rounded(measurement.seconds),
            "mb_per_second": measurement.megabytesPerSecond(of: text.count),
        ])
    }

    private func flatten(_ text: [UInt8], into output: DiscardedRows) throws -> Int {
        let tape = JSONTape()
        let naming = try Naming(named: "snake_case", maxLength: 63)
        let normalizer = try RecordNormalizer(
            schema: Schema(name: "bench"), naming: naming, tape: tape, loadID: "1700000000.0", nowSeconds: 1.7e9,
            output: output, report: { _ in })
        let root = normalizer.root("events")
        normalizer.hint(root) { schema in
            try StreamHints().apply(to: &schema, table: "events", resource: "events", naming: naming)
        }
        return try text.withUnsafeBytes { bytes in
            var lines = BlockLines(bytes)
            while let line = lines.next() {
                if line.bytes.isEmpty { continue }
                try tape.scan(line.bytes)
                try normalizer.normalize(record: 0, of: line.bytes, line: line.number, into: root)
            }
            return lines.lineNumber
        }
    }
}
