import JSONText
import SystemIO
import Testing

/// One folder of `Tests/Conformance/cases`: what to load, and what must come of it (its README says how).
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        let input: String
        let table: String
        let flags: JSONObject
        let isSchemaOnly: Bool
        /// Statuses of which one is expected; nil when the step must succeed.
        let failure: [Int]?
    }

    let name: String
    let pipeline: String
    let description: String
    /// The order of rows does not count.
    let isUnordered: Bool
    /// What dlt made is in another kind of database: columns and state are not compared.
    var isRowsOnly: Bool
    /// The kind of that database.
    let judge: String?
    /// What is expected was written by hand; dlt is not run.
    let isByDesign: Bool
    /// Destinations at which the programs do otherwise, and why.
    let differs: JSONObject
    let steps: [Step]

    var testDescription: String { name }
    var folder: String { Paths.join(ConformanceCase.folder, "cases", name) }

    static let folder: String = {
        // Tests/ConformanceTests/ConformanceCase.swift
        Paths.join(Paths.parent(Paths.parent(#filePath)), "Conformance")
    }()

    static let all: [ConformanceCase] = {
        do {
            return try Files.list(Paths.join(folder, "cases")).sorted().map { try ConformanceCase($0) }
        } catch {
            fatalError("unable to read the conformance cases: \(error)")
        }
    }()

    /// The parts of a stored schema that are the same in nearly every case.
    static let standard: JSONValue = {
        do { return try read(Paths.join(folder, "standard.json")) } catch { fatalError("standard.json: \(error)") }
    }()

    struct Malformed: Error { let what: String }

    private static let knownFlags: Set<String> = [
        "write_disposition", "primary_key", "merge_key", "columns", "naming", "max_table_nesting",
        "max_identifier_length", "schema", "schema_contract",
    ]

    init(_ name: String) throws {
        let document = try ConformanceCase.read(Paths.join(ConformanceCase.folder, "cases", name, "case.json"))
        self.name = name
        guard let pipeline = document["pipeline"]?.stringValue, let steps = document["steps"]?.arrayValue else {
            throw Malformed(what: name)
        }
        self.pipeline = pipeline
        description = document["description"]?.stringValue ?? ""
        isUnordered = document["unordered"]?.boolValue ?? false
        isRowsOnly = document["rows_only"]?.boolValue ?? false
        judge = document["judge"]?.stringValue
        isByDesign = document["expected_by"]?.stringValue == "design"
        differs = document["differs"]?.objectValue ?? [:]
        self.steps = try steps.map { step in
            guard let input = step["input"]?.stringValue, let table = step["table"]?.stringValue else {
                throw Malformed(what: name)
            }
            let flags = step["flags"]?.objectValue ?? [:]
            guard flags.keys.allSatisfy(ConformanceCase.knownFlags.contains) else {
                throw Malformed(what: "\(name): flags \(flags.keys)")
            }
            var failure: [Int]?
            if let expected = step["expect_error"] {
                let status = expected["exit"] ?? 65
                failure = status.arrayValue?.compactMap(\.intValue) ?? [status.intValue ?? 65]
            }
            return Step(
                input: input, table: table, flags: flags, isSchemaOnly: step["schema_only"]?.boolValue ?? false,
                failure: failure)
        }
    }

    /// `expected.json` as it is.
    func recorded() throws -> [JSONValue] {
        let document = try ConformanceCase.read(Paths.join(folder, "expected.json"))
        guard let steps = document["steps"]?.arrayValue else { throw Malformed(what: "\(name): expected.json") }
        return steps
    }

    func expectation(at place: some ConformancePlace) throws -> [JSONValue] {
        let expected = try place.expectation(of: self).map(withCanonicalReals)
        return isUnordered ? expected.map { Dump(expected: $0).folded(literal: [], unordered: true) } : expected
    }

    static func read(_ path: String) throws -> JSONValue { try JSONValue(parsing: Files.readAll(path)) }
}

/// Python and Swift write some doubles differently (`1e+16`, `1e16`), so both sides are brought to Swift's form.
private func withCanonicalReals(_ step: JSONValue) -> JSONValue {
    guard case .object(var object) = step, case .object(var tables)? = object["tables"] else { return step }
    for (name, table) in tables.members {
        guard case .object(var fields) = table, case .array(let rows)? = fields["rows"] else { continue }
        fields["rows"] = .array(
            rows.map { row in
                guard case .object(var cells) = row else { return row }
                for (column, value) in cells.members {
                    guard value.objectValue?.count == 1, let text = value["real"]?.stringValue,
                        let number = Double(text)
                    else { continue }
                    cells[column] = realCell(number)
                }
                return .object(cells)
            })
        tables[name] = .object(fields)
    }
    object["tables"] = .object(tables)
    return .object(object)
}

func realCell(_ number: Double) -> JSONValue { ["real": .string("\(number)")] }
