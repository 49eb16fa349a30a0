import Destinations
import Failures
import JSONText
import LoadPackages
import Schemas
import SystemIO

/// Delivers each table to a run of its own of a program, which accepts it by ending with 0.
final class CommandDelivery: RowDelivery {
    private let line: String
    private let pipeline: String
    private let form: CommandDestination.CommandForm
    private var program: TargetProgram?
    private var schemaFile: String?

    init(_ line: String, pipeline: String, form: CommandDestination.CommandForm) {
        self.line = line
        self.pipeline = pipeline
        self.form = form
    }

    /// The program finds the hints of columns in the schema of its table.
    func check(_ merge: TableMerge) throws(DestinationError) {}

    func begin(_ table: WrittenTable, _ how: Treatment, _ load: PackageLoad) throws {
        let schemaFile = TemporaryName.path("table") + ".json"
        var columns = JSONObject()
        for column in table.columns { columns[column.name] = .object(column.hints) }
        let document: JSONValue = ["name": .string(table.name), "columns": .object(columns)]
        try Files.atomicWrite(schemaFile, document.serializedBytes(), mode: 0o600, isLasting: false)
        self.schemaFile = schemaFile
        program = try TargetProgram(
            line,
            environment: [
                "DLT_PIPELINE": pipeline, "DLT_LOAD_ID": load.loadID.text, "DLT_TABLE": table.name,
                "DLT_WRITE_DISPOSITION": how.name, "DLT_KEY": how.key(of: table).joined(separator: ","),
                "DLT_TABLE_SCHEMA": schemaFile,
            ], keepsAnswers: false)
    }

    func deliver(_ file: JobFile, _ count: (Int) throws -> Void) throws {
        guard let program else { return }
        if form == .files {
            guard let path = file.path else {
                throw DestinationError(
                    .usage, "unable to hand over the files of table \(file.job.table): its rows change on the way",
                    hint: "leave out --give files")
            }
            let full = try Files.realPath(path)
            try program.write { (output) throws(SystemError) in
                try output.append(full)
                try output.append("\n")
            }
            return try count(file.job.rows)
        }
        let blocks = try file.blocks()
        while let block = try blocks.nextBlock() {
            var lines = BlockLines(block)
            var rows = 0
            while let line = lines.next() { if !line.bytes.isEmpty { rows += 1 } }
            try program.write { (output) throws(SystemError) in try output.append(block) }
            try count(rows)
        }
    }

    func end(_ table: WrittenTable) throws -> Bool {
        try program?.finish()
        clear()
        return true
    }

    func end(_ load: PackageLoad) throws {}
    func commit(_ loads: [LoadID]) throws(DestinationError) {}

    func abandon() {
        program?.abandon()
        clear()
    }

    private func clear() {
        program = nil
        if let schemaFile { try? Files.remove(schemaFile) }
        schemaFile = nil
    }
}
