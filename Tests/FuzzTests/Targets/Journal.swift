import JSONText

@testable import RunJournals

extension FuzzTarget {
    /// Files of run journals: whatever they hold, they are read, and what was read is written in lines that are short enough and read the
    /// same.
    static let journal = FuzzTarget(name: "journal") { bytes in
        var program = RecordedProgram(stage: .normalize, file: "normalize.ndjson")
        program.take(bytes)
        let run = RecordedRun(id: RunID(now: 0), programs: [program])
        _ = (run.outcome, run.status, run.error, run.hint, run.rows, run.records, run.seconds(now: 0))
        var lines: [JournalLine] = program.steps.map { .progress($0) } + program.notices.map { .notice($0) }
        lines += program.packages.map { .package($0) } + program.tables.map { .table($0) }
        lines += [program.start.map { .start($0) }, program.end.map { .end($0) }].compactMap { $0 }
        for line in lines {
            let written = line.bytes
            try require(written.count <= JournalLine.maximumBytes, "a line has \(written.count) bytes")
            try require(written.firstIndex(of: 0x0A) == written.count - 1, "a line is several")
            let document = try JSONValue(parsing: Array(written.dropLast()))
            guard document["cut"] == nil else { continue }
            guard let again = JournalLine(document) else {
                throw FuzzTarget.Finding(description: "a line cannot be read again")
            }
            try require(again == line, "a line is another when it was written")
        }
    }
}
