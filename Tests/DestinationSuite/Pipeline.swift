import JSONText
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

/// A pipeline of its own at a destination, with a dataset that nobody else has, and the programs run on them.
struct Pipeline {
    let destination: any DestinationCase
    let folder: WorkDirectory
    let dataset: any TestDataset
    let spool: Spool

    struct Failed: Error { let what: String }

    /// - Parameter name: of the pipeline; nil for one that no other test has.
    init(_ argument: CaseArgument, named name: String? = nil) throws {
        destination = argument.destination
        folder = try WorkDirectory()
        var random = FastRandom()
        let name = name ?? "s_" + String(random.next(), radix: 36)
        dataset = try destination.dataset(of: name, in: folder)
        guard let spool = Spool(dataDirectory: folder.path("data"), pipeline: name) else { throw Failed(what: "spool") }
        self.spool = spool
    }

    var name: String { spool.pipeline }

    // MARK: Running

    var environment: [String: String] {
        [
            "DLT_DATA_DIR": folder.path("data"), "DLT_PIPELINE": name, "URL": dataset.url,
            "DATASET": dataset.name,
        ].merging(dataset.environment) { $1 }
    }

    /// Runs a script with the programs in the path; `$URL`, `$DATASET` and `$DLT_PIPELINE` are the pipeline's.
    func shell(
        _ script: String, stdin: String = "", _ more: [String: String] = [:], timeoutSeconds: Int = 180
    ) throws -> ProgramResult {
        try runShell(
            script, stdin: stdin, environment: environment.merging(more) { $1 }, currentDirectory: folder.path,
            timeoutSeconds: timeoutSeconds)
    }

    /// Runs `dlt-load` into the dataset.
    func load(_ arguments: [String], stdin: String = "") throws -> ProgramResult {
        try run(
            program: "dlt-load", arguments: [dataset.url] + arguments, stdin: stdin, environment: environment,
            currentDirectory: folder.path)
    }

    /// Normalizes records into table `t`, and loads them unless `loading` is other than that.
    @discardableResult
    func take(
        _ records: [String], _ options: String = "", loading: String = "| dlt-load \"$URL\""
    ) throws -> ProgramResult {
        try shell("dlt-normalize --table t \(options) \(loading)", stdin: records.map { $0 + "\n" }.joined())
    }

    /// Runs SQL in the database's own program.
    func client(_ sql: String) throws -> ProgramResult { try shell(dataset.client, stdin: sql) }

    // MARK: Packages

    func schema(of package: String) throws -> Schema { try PackageReader(package, loadingRows: false).schema }
    func id(of package: String) throws -> LoadID { try PackageReader(package, loadingRows: false).manifest.loadID }

    /// How many packages wait, are loaded, and have failed.
    func places() throws -> [Int] { try Spool.Place.allCases.map { try spool.packages($0).count } }

    // MARK: Looking

    func query(_ sql: String) throws -> [[String?]] { try dataset.query(sql) }
    func value(_ sql: String) throws -> String? { try dataset.query(sql).first?.first ?? nil }

    /// Whether there is a table of this name.
    func has(_ table: String) throws -> Bool { try dataset.tables().contains(table) }

    func columnNames(_ table: String) throws -> [String] { try dataset.columns(of: table).map(\.name) }

    /// Rows as text that is the same for every destination; none when there is no such table.
    func rows(_ table: String, _ columns: [(name: String, type: DataType)], _ rest: String = "") throws -> [[String?]] {
        guard try has(table) else { return [] }
        let expressions = columns.map { destination.text(destination.quoted($0.name), $0.type) }.joined(separator: ", ")
        return try query("SELECT \(expressions) FROM \(destination.quoted(table)) \(rest)").map { row in
            zip(row, columns).map { value, column in value.map { PlainText.of($0, column.type) } }
        }
    }

    /// The rows of a table by its schema, sorted; columns that differ from run to run are left out.
    func contents(_ table: Table, without names: Set<String> = []) throws -> [String] {
        let columns = table.completeColumns.filter { !names.contains($0.name) }
        return try rows(table.name, columns.map { ($0.name, $0.dataType ?? .text) }).map { row in
            zip(columns, row).map { "\($0.name): \($1 ?? "null")" }.joined(separator: ", ")
        }.sorted()
    }

    /// The number of rows, the sum of ids, and the number of different ones: whether each is there once.
    func sum(_ table: String = "t") throws -> [String?] {
        try query("SELECT count(*), coalesce(sum(id), 0), count(DISTINCT id) FROM \(table)").first ?? []
    }

    static func sum(_ ids: ClosedRange<Int>) -> [String?] {
        ["\(ids.count)", "\((ids.lowerBound + ids.upperBound) * ids.count / 2)", "\(ids.count)"]
    }
}

/// One spelling for values that databases spell differently.
enum PlainText {
    static func of(_ text: String, _ type: DataType) -> String {
        switch type {
        case .bool: ["t", "true", "1"].contains(text) ? "true" : "false"
        case .double: Double(text).map { "\($0)" } ?? text
        case .decimal, .wei: number(text)
        case .json: (try? JSONValue(parsing: text)).map { sorted($0).serialized() } ?? text
        default: text
        }
    }

    /// A number with all its digits, and without zeros that say nothing.
    private static func number(_ text: String) -> String {
        var digits = text
        if let mark = text.firstIndex(where: { "eE".contains($0) }) {
            let exponent = Int(text[text.index(after: mark)...].drop { $0 == "+" }) ?? 0
            digits = shifted(String(text[..<mark]), by: exponent)
        }
        guard digits.contains(".") else { return digits }
        while digits.hasSuffix("0") { digits.removeLast() }
        if digits.hasSuffix(".") { digits.removeLast() }
        return digits
    }

    /// A number whose point is moved to the right.
    private static func shifted(_ text: String, by places: Int) -> String {
        let sign = text.hasPrefix("-") ? "-" : ""
        let parts = text.dropFirst(sign.count).split(separator: ".", omittingEmptySubsequences: false)
        var whole = String(parts[0])
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        for _ in 0..<max(places, 0) { whole.append(fraction.isEmpty ? "0" : fraction.removeFirst()) }
        for _ in 0..<max(-places, 0) {
            fraction.insert(whole.isEmpty ? "0" : whole.removeLast(), at: fraction.startIndex)
        }
        while whole.hasPrefix("0") && whole.count > 1 { whole.removeFirst() }
        return sign + (whole.isEmpty ? "0" : whole) + "." + fraction
    }

    /// Objects are kept without an order by some databases.
    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object.members.sorted(by: { ExactString($0.0) < ExactString($1.0) }) {
                result[key] = sorted(value)
            }
            return .object(result)
        case .array(let values): return .array(values.map(sorted))
        default: return value
        }
    }
}

/// Expects how a program ended, and words among what it said.
func expect(
    _ result: ProgramResult, _ status: Int32, _ words: String..., at location: SourceLocation = #_sourceLocation
) {
    #expect(result.status == status, "\(result)", sourceLocation: location)
    for word in words { #expect(result.stderr.contains(word), "\(word) in \(result)", sourceLocation: location) }
}
