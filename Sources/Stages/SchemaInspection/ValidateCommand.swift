import ArgumentParser
import DataContracts
import InspectionSupport
import JSONText
import Normalization
import ProgramSupport
import Schemas
import SystemIO

/// Reports the errors of a schema file.
struct ValidateCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a schema file, or data against it.",
        discussion: """
            The command ends with 65 when something is wrong. With data, the file is a contract: a model (JSON Schema, Singer, \
            OpenAPI, ODCS), or a schema that is taken as frozen, \
            without any other table, column or type. dlt-normalize decides by the same rule. Data are records, one JSON object a line \
            (.jsonl, .ndjson, or -), or another schema: a file, the folder of a load package, a pipeline or the URL of a destination.
            """)

    static let examples = [
        "dlt-schema validate github.schema.yaml",
        "dlt-schema validate order.schema.json orders.ndjson",
    ]

    @Argument(
        help: ArgumentHelp("A YAML or JSON file, or - for standard input.", valueName: "file"), completion: .file())
    var file: String

    @Argument(
        help: ArgumentHelp("Records or a schema to check against the file.", valueName: "data"), completion: .file())
    var data: String?

    @Option(
        help: ArgumentHelp("The table of the records, or the only one of a model.", valueName: "name"))
    var table: String?

    @Flag(help: "Treat warnings as errors.") var strict = false

    @Option(help: ArgumentHelp("Stop after N problems.", valueName: "n"))
    var limit = 100

    @OptionGroup var options: SchemaOptions

    private var common: CommonOptions { options.common }
    private var output: JSONOption { options.output }

    func validate() throws {
        if file == "-" && data == "-" { throw ValidationError("Standard input can be the file or the data, not both.") }
        if limit < 1 { throw ValidationError("'--limit' takes a positive number.") }
    }

    func run() throws {
        let file = try SchemaFile(file, table: table)
        if let data { return try check(data, against: file) }
        var document = try file.completed(fallback: common.pipelineName)
        var problems = unknownKeys(document) + Self.takeUnknownTypes(from: &document)
        let schema = try file.schema(of: document)
        problems += SchemaCheck(schema).problems
        if let warning = Self.editedSince(document) { problems.append(warning) }
        var report = Report("line", "place", "", "problem", shrinking: ["place"], wrapsLast: true)
        for problem in problems {
            let line = file.line(of: problem.place)
            let kind = problem.isError ? "error" : "warning"
            var object: JSONObject = [
                "file": .string(file.name), "place": .string(problem.place), "kind": .string(kind),
                "reason": .string(problem.reason),
            ]
            object["line"] = line.map { .integer($0) }
            report.add([line.map { String($0) } ?? "", problem.place, kind, problem.reason], object)
        }
        try report.print(json: output.json)
        let errors = problems.count { $0.isError || strict }
        if errors > 0 {
            throw ProgramError(
                .data,
                "unable to accept \(file.name): \(errors == 1 ? "there is an error" : "there are \(errors) errors")")
        }
        let tables = schema.tables.count { !$0.isSystem }
        common.messages.summary(
            "\(file.name) is schema '\(schema.name)' with \(tables) \(tables == 1 ? "table" : "tables")"
                + (problems.isEmpty ? "" : "; there are warnings"))
    }

    // MARK: Data

    private func check(_ data: String, against file: SchemaFile) throws {
        let contract = try file.schema(fallback: common.pipelineName)
        let isRecords = data == "-" || ["jsonl", "ndjson"].contains(Paths.fileExtension(data).lowercased())
        guard isRecords else {
            let found = ContractCheck(contract: contract).problems(in: try options.schema(data))
            var report = Report("place", "problem", shrinking: ["place"], wrapsLast: true)
            for problem in found.prefix(limit) {
                report.add(
                    [problem.place, problem.reason],
                    ["place": .string(problem.place), "reason": .string(problem.reason)])
            }
            try report.print(json: output.json)
            return try conclude(data, file, found.count, "\(data) keeps the contract in \(file.name)")
        }
        try checkRecords(data, file, contract)
    }

    private func checkRecords(_ data: String, _ file: SchemaFile, _ contract: Schema) throws {
        let tables = contract.dataTables.filter { $0.parent == nil }
        guard !tables.isEmpty else { throw nothingToCheck(file, nil) }
        guard let chosen = tables.first(where: { $0.name == table }) ?? tables.first,
            tables.count == 1 || chosen.name == table
        else {
            throw ProgramError(
                .usage,
                "unable to choose a table of \(file.name): there are \(tables.map(\.name).joined(separator: ", "))",
                hint: "name one with --table")
        }
        guard FrozenRecords.describes(chosen, in: contract) else { throw nothingToCheck(file, chosen.name) }
        let check = try RecordCheck(chosen, in: contract)
        let reader = LineReader(data == "-" ? Descriptor.standardInput : try Descriptor.openForReading(data))
        var report = Report("line", "place", "problem", shrinking: ["place"], wrapsLast: true)
        var count = 0
        while count < limit, let line = try reader.next() {
            for problem in try check.check(line.bytes, line: line.number) where count < limit {
                count += 1
                report.add(
                    [String(problem.line), problem.place, problem.reason],
                    [
                        "line": .integer(problem.line), "table": .string(chosen.name), "place": .string(problem.place),
                        "reason": .string(problem.reason),
                    ])
            }
        }
        let isWhole = count < limit
        for finding in isWhole ? check.qualityProblems : [] {
            if !finding.isWarning || strict { count += 1 }
            report.add(
                ["", finding.property ?? "", finding.text],
                ["table": .string(chosen.name), "metric": .string(finding.metric), "reason": .string(finding.text)])
        }
        try report.print(json: output.json)
        let kept =
            "\(NumberText.count(check.records, of: "record")) of \(data) \(check.records == 1 ? "keeps" : "keep")"
        try conclude(data, file, count, "\(kept) the contract in \(file.name)")
    }

    private func nothingToCheck(_ file: SchemaFile, _ table: String?) -> ProgramError {
        ProgramError(
            .data,
            "unable to check anything: \(file.name) has no \(table.map { "columns and no model of table \($0)" } ?? "tables")",
            hint: "dlt-schema export writes the schema of a pipeline that has data")
    }

    private func conclude(_ data: String, _ file: SchemaFile, _ count: Int, _ praise: String) throws {
        guard count > 0 else { return common.messages.summary(praise) }
        throw ProgramError(
            .data,
            "unable to accept \(data): it breaks the contract in \(file.name) in \(count >= limit ? "at least " : "")\(count) "
                + (count == 1 ? "place" : "places"))
    }

    /// A schema with an unknown type cannot even be read, and may have further errors.
    static func takeUnknownTypes(from document: inout JSONObject) -> [SchemaCheck.Problem] {
        var problems: [SchemaCheck.Problem] = []
        var tables = document["tables"]?.objectValue ?? [:]
        for (tableName, value) in tables.members {
            guard case .object(var table) = value, case .object(var columns)? = table["columns"] else { continue }
            for (name, value) in columns.members {
                guard case .object(var column) = value, let type = column["data_type"] else { continue }
                guard type.stringValue.flatMap(DataType.init(stored:)) == nil else { continue }
                problems.append(
                    SchemaCheck.Problem(
                        place: "tables.\(tableName).columns.\(name).data_type",
                        reason: ColumnHints.unknown(type: type), isError: true))
                column["data_type"] = nil
                columns[name] = .object(column)
            }
            table["columns"] = .object(columns)
            tables[tableName] = .object(table)
        }
        document["tables"] = .object(tables)
        return problems
    }

    /// dlt accepts such a file, as a new version; it would refuse its own working copy.
    private static func editedSince(_ document: JSONObject) -> SchemaCheck.Problem? {
        guard document["engine_version"]?.intValue == Schema.engineVersion,
            let hash = document["version_hash"]?.stringValue, !hash.isEmpty,
            let schema = try? Schema(document: .object(document)), schema.contentHash() != hash
        else { return nil }
        return SchemaCheck.Problem(
            place: "version_hash", reason: "the document was changed after this hash was computed", isError: false)
    }

    private func unknownKeys(_ document: JSONObject) -> [SchemaCheck.Problem] {
        let known: Set<String> = [
            "version", "version_hash", "engine_version", "name", "tables", "settings", "normalizers", "previous_hashes",
            "imported_version_hash", "description",
        ]
        return document.keys.filter { !known.contains($0) && !$0.hasPrefix("x-") }.map {
            SchemaCheck.Problem(place: $0, reason: "schemas have no such property", isError: true)
        }
    }
}
