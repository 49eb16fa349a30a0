import Destinations
import Failures
import JSONText
import LoadPackages
import Schemas
import SystemIO

/// Delivers packages to a Singer target: SCHEMA and RECORDs of each table, one STATE for each package. The target confirms by
/// printing that STATE and ending with 0.
final class TargetDelivery: RowDelivery {
    private let line: String
    private let pipeline: String
    private var program: TargetProgram?
    private var prefix: [UInt8] = []
    private var suffix: [UInt8] = []
    private var version: Int64?

    init(_ line: String, pipeline: String) {
        self.line = line
        self.pipeline = pipeline
    }

    private func running() throws(DestinationError) -> TargetProgram {
        if let program { return program }
        let program = try TargetProgram(line, environment: [:], keepsAnswers: true)
        self.program = program
        return program
    }

    /// A target updates rows by their key, and learns of no other rule: it would keep rows that should be gone.
    func check(_ merge: TableMerge) throws(DestinationError) {
        let rule: String
        if !merge.mergeKey.isEmpty {
            rule = "merge_key"
        } else if merge.hardDelete != nil {
            rule = "hard_delete"
        } else if merge.order != nil, !merge.isDeduplicated {
            rule = "dedup_sort"
        } else {
            return
        }
        throw DestinationError(
            .usage, "unable to merge table \(merge.root.name): a target knows no \(rule), only the primary key",
            hint: "load the package into a database, or make it without this hint")
    }

    func begin(_ table: WrittenTable, _ how: Treatment, _ load: PackageLoad) throws {
        version = how == .replace ? load.loadID.microseconds : nil
        try write(TargetSchema.message(table, how))
        prefix = Array("{\"type\":\"RECORD\",\"stream\":".utf8)
        appendJSONString(table.name, to: &prefix)
        prefix.append(contentsOf: ",\"record\":".utf8)
        suffix = Array((version.map { ",\"version\":\($0)}\n" } ?? "}\n").utf8)
    }

    func deliver(_ file: JobFile, _ count: (Int) throws -> Void) throws {
        let program = try running()
        let blocks = try file.blocks()
        while let block = try blocks.nextBlock() {
            var lines = BlockLines(block)
            var rows = 0
            while let line = lines.next() {
                if line.bytes.isEmpty { continue }
                try program.write { (output) throws(SystemError) in
                    try output.append(prefix)
                    try output.append(line.bytes)
                    try output.append(suffix)
                }
                rows += 1
            }
            try count(rows)
        }
    }

    func end(_ table: WrittenTable) throws -> Bool {
        if let version {
            try write([
                "type": "ACTIVATE_VERSION", "stream": .string(table.name), "version": .integer(version),
            ])
        }
        // What the target has read, it need not have written.
        return false
    }

    func end(_ load: PackageLoad) throws {
        try write(["type": "STATE", "value": state(load.loadID)])
    }

    private func state(_ load: LoadID) -> JSONValue {
        ["dlt": ["pipeline": .string(pipeline), "load_id": .string(load.text)]]
    }

    private func write(_ message: JSONValue) throws(DestinationError) {
        let bytes = message.serializedBytes()
        try running().write { (output) throws(SystemError) in
            try output.append(bytes)
            try output.append("\n")
        }
    }

    func commit(_ loads: [LoadID]) throws(DestinationError) {
        guard let program, let last = loads.last else { return }
        try program.finish()
        let answers = try program.answerLines()
        self.program = nil
        guard answers.contains(state(last)) else {
            throw DestinationError(
                .unusable, "unable to trust \(program.name): it ended with 0 without the STATE that confirms the rows",
                hint: "a target prints the STATE when it has written the rows before it; is this a Singer target?")
        }
    }

    func abandon() {
        program?.abandon()
        program = nil
    }
}

/// The SCHEMA message of a table.
enum TargetSchema {
    static func message(_ table: WrittenTable, _ how: Treatment) -> JSONValue {
        var properties = JSONObject()
        for column in table.columns { properties[column.name] = property(of: column) }
        return [
            "type": "SCHEMA", "stream": .string(table.name),
            "schema": ["type": "object", "properties": .object(properties)],
            "key_properties": .strings(how.key(of: table)),
        ]
    }

    private static func property(of column: Column) -> JSONValue {
        var types: [String]
        var more = JSONObject()
        switch column.dataType {
        case .bigint: types = ["integer"]
        case .double: types = ["number"]
        case .decimal, .wei:
            types = ["number"]
            more["multipleOf"] = .number(step(column.dataType == .wei ? 0 : column.scale ?? 9))
        case .bool: types = ["boolean"]
        case .json: types = ["object", "array"]
        case .timestamp:
            types = ["string"]
            more["format"] = "date-time"
        case .date:
            types = ["string"]
            more["format"] = "date"
        case .time:
            types = ["string"]
            more["format"] = "time"
        case .text, .binary, nil: types = ["string"]
        }
        // Absent values are null, also in columns that dlt fills always.
        types.append("null")
        more["type"] = .strings(types)
        return .object(more)
    }

    private static func step(_ scale: Int) -> String {
        scale <= 0 ? "1" : "0." + String(repeating: "0", count: scale - 1) + "1"
    }
}
