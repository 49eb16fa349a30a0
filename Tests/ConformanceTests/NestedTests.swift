import DatasetReaders
import DateTimes
import Destinations
import Identifiers
import JSONText
import QueryExpressions
import Querying
import SQLiteConnector
import SystemIO
import TestSupport
import Testing

/// Records that were loaded, put back together: the input again, less what tables do not keep.
struct NestedSuite {
    /// What a case says of the records that come back.
    enum Promise {
        /// Every record of the input.
        case all
        /// Some: later ones have taken the place of others, or a contract has left rows out.
        case some
    }

    /// Cases whose records come back otherwise, and why: the losses that the manual page names. A case that comes back as it was is none of them.
    static let others: [String: [String]] = [
        "a value has the type of its column": [
            "coerce-inferred-columns", "coerce-to-bigint", "coerce-to-binary", "coerce-to-bool", "coerce-to-date",
            "coerce-to-decimal", "coerce-to-double", "coerce-to-json", "coerce-to-text", "coerce-to-time",
            "coerce-to-timestamp", "date-column-from-text", "time-column-from-text",
            "timestamp-column-from-dates-and-times", "timestamp-column-from-text", "timestamp-precision",
            "timestamp-timezone-false", "detect-iso-date", "detect-order", "detect-timestamp", "preferred-types",
            "json-numbers-from-text", "json-values-from-text", "integers-beyond-64-bits-in-other-columns",
            "types-mixed-in-one-list", "binary-empty",
        ],
        "names were shortened": [
            "shorten-20", "shorten-63", "shorten-direct", "shorten-json-path", "shorten-table-name",
            "shorten-variant-name", "deep-lists", "deep-objects", "ids-digest-shortened-table",
        ],
        "two names of a record became one": [
            "flatten-collision-nested", "flatten-null-overwrites", "lists-collide-with-flat-name",
            "variant-name-arrives-as-data", "child-table-named-as-root-table", "nested-table-declared-as-root",
        ],
        "the rules for names are not those of the comparison": [
            "blank-keys", "blank-list-key-in-object", "break-path-empty-name", "break-path-off", "naming-in-schema",
            "system-like-keys", "naming-table-names", "child-table-name-as-root-table",
        ],
        "a contract or a filter left values out": [
            "contract-all-discard-row", "contract-all-discard-value", "contract-columns-discard-row",
            "contract-columns-discard-value", "contract-data-type-discard-row", "contract-data-type-discard-value",
            "contract-first-run-discard", "contract-of-schema", "contract-tables-discard-row",
            "contract-tables-discard-value", "schema-filters", "schema-declared-tables",
        ],
        "a schema or a strategy added columns, or kept rows whose children went": [
            "propagation-collides-with-data", "propagation-of-null", "propagation-root-and-tables",
            "root-key-from-row-key", "ids-supplied-child",
            "scd2-loads-column-names", "insert-only-duplicates", "insert-only-loads",
            "insert-only-loads-hard-delete",
        ],
    ]

    static let reasons: [String: String] = Dictionary(
        uniqueKeysWithValues: others.flatMap { reason, names in names.map { ($0, reason) } })

    static let cases: [(case: ConformanceCase, promise: Promise)] = ConformanceCase.all.compactMap { conformance in
        guard conformance.steps.allSatisfy({ !$0.isSchemaOnly && $0.failure == nil }) else { return nil }
        let replaces = conformance.steps.contains { step in
            step.flags.keys.contains("schema_contract")
                || !["append", nil].contains(step.flags["write_disposition"]?.stringValue)
                || step.flags["write_disposition"]?.objectValue != nil
        }
        return (conformance, replaces ? .some : .all)
    }

    @Test(arguments: cases.indices)
    func `a record comes back otherwise than it was`(index: Int) throws {
        let (conformance, promise) = NestedSuite.cases[index]
        let differences = try NestedSuite.differences(conformance, promise)
        if let reason = NestedSuite.reasons[conformance.name] {
            #expect(!differences.isEmpty, "\(conformance.name) comes back as it was, though \"\(reason)\"")
        } else {
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        }
    }

    @Test func `a case is left out that is not there`() {
        let names = Set(NestedSuite.cases.map(\.case.name))
        #expect(NestedSuite.reasons.keys.filter { !names.contains($0) }.isEmpty)
        #expect(names.count > 200)
    }

    private static func differences(_ conformance: ConformanceCase, _ promise: Promise) throws -> [String] {
        let work = try WorkDirectory()
        var inputs: [String: [String]] = [:]
        for (number, step) in conformance.steps.enumerated() {
            try conformance.load(step, number: number + 1, in: work)
            let naming = try Naming(named: step.flags["naming"]?.stringValue ?? "snake_case", maxLength: 63)
            let table = try naming.normalizeIdentifier(step.table)
            for line in try Files.readAll(Paths.join(conformance.folder, step.input)).split(separator: 0x0A) {
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                let record = try JSONValue(parsing: Array(line))
                for record in record.arrayValue ?? [record] {
                    inputs[table, default: []].append(Loss.form(of: record, naming).serialized(.sorted))
                }
            }
        }
        var differences: [String] = []
        for (table, expected) in inputs.sorted(by: { $0.key < $1.key }) {
            let naming = try Naming(
                named: conformance.steps[0].flags["naming"]?.stringValue ?? "snake_case", maxLength: 63)
            let place = "\(conformance.name), \(table): \(conformance.description)"
            let records: [String]
            do {
                records = try NestedSuite.records(of: table, work).map {
                    Loss.form(of: try JSONValue(parsing: $0), naming).serialized(.sorted)
                }
            } catch let error as QueryTextFailure {
                differences.append("\(place)\n  \(error)")
                continue
            }
            if promise == .all, records.count != expected.count {
                differences.append("\(place)\n  \(records.count) records came back of \(expected.count)")
            }
            var left = expected
            for record in records {
                guard let match = left.firstIndex(of: record) else {
                    let inputs = expected.prefix(8).joined(separator: "\n             ")
                    differences.append("\(place)\n  came back: \(record)\n  of:        \(inputs)")
                    continue
                }
                if promise == .all { left.remove(at: match) }
            }
        }
        return differences
    }

    private static func records(of table: String, _ work: WorkDirectory) throws -> [[UInt8]] {
        let url = try #require(DestinationURL("sqlite:///" + work.path("x.db")))
        let target = DestinationTarget(url: url, dataset: nil, pipeline: "conf")
        let session = try SQLiteDestination(target, .init()).read(QueryControl())
        defer { session.close() }
        let dialect = try #require(session.portableDialect)
        let catalog = try session.catalog()
        let all = try read(NestedReader(QueryRequest(table: table), session, dialect, catalog))
        // The same in chunks, which is another way.
        var request = QueryRequest(table: table)
        request.limit = 1_000_000
        let chunks = try read(NestedReader(request, session, dialect, catalog))
        #expect(
            all.map { String(decoding: $0, as: UTF8.self) }.sorted()
                == chunks.map { String(decoding: $0, as: UTF8.self) }.sorted())
        return all
    }

    private static func read(_ reader: NestedReader) throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        try reader.read { record, _ in
            records.append(record)
            return true
        }
        return records
    }
}

/// What tables do not keep of a record, taken away from both sides of a comparison. This is the list of the manual page.
private enum Loss {
    static func form(of value: JSONValue, _ naming: Naming) -> JSONValue { member(value, naming) ?? [:] }

    /// Nil for what leaves nothing.
    private static func member(_ value: JSONValue, _ naming: Naming) -> JSONValue? {
        switch value {
        case .null: return nil
        case .array(let items):
            return items.isEmpty ? nil : .array(items.map { element($0, naming) })
        case .object(let object):
            var result = JSONObject()
            for (key, inner) in object.members {
                guard let inner = member(inner, naming) else { continue }
                let name = naming.normalizePath(key)
                if name.hasPrefix("_dlt_") { continue }
                put(inner, at: name.split(separator: naming.separator).map(String.init)[...], in: &result)
            }
            return result.isEmpty ? nil : .object(result)
        default: return scalar(value)
        }
    }

    /// `a__b` and `b` within `a` are one place.
    private static func put(_ value: JSONValue, at path: ArraySlice<String>, in object: inout JSONObject) {
        guard let key = path.first else { return }
        var value = value
        if path.count > 1 {
            var inner = object[key]?.objectValue ?? [:]
            put(value, at: path.dropFirst(), in: &inner)
            value = .object(inner)
        } else if case .object(let new) = value, case .object(var old)? = object[key] {
            for (name, item) in new.members { put(item, at: [name], in: &old) }
            value = .object(old)
        }
        object[key] = value
    }

    /// In lists, what is empty is null; an object of `value` alone is its value, one of `list` alone its list.
    private static func element(_ value: JSONValue, _ naming: Naming) -> JSONValue {
        guard let kept = member(value, naming) else { return .null }
        guard case .object(let object) = kept, object.count == 1 else { return kept }
        if let value = object["value"], value.objectValue == nil, value.arrayValue == nil { return value }
        if let list = object["list"], list.arrayValue != nil { return list }
        return kept
    }

    /// A value in one form for all types that it may have been converted to: numbers by their value, times as instants.
    private static func scalar(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let digits): return number(digits) ?? value
        case .bool(let flag): return .string(flag ? "true" : "false")
        case .string(let text): return number(text) ?? time(text) ?? .string(text)
        default: return value
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let number = Double(text), text.first?.isLetter == false else { return nil }
        if let whole = Int64(text) { return .string("\(whole)") }
        return .string(number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)")
    }

    private static func time(_ text: String) -> JSONValue? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }.map { .string("time \($0)") }
    }
}

extension ConformanceCase {
    /// Loads a step, whatever a contract has left out of it.
    fileprivate func load(_ step: Step, number: Int, in work: WorkDirectory) throws {
        let normalized = try call(
            work, "dlt-normalize",
            ["--pipeline", pipeline, "--table", step.table] + arguments(step.flags, work, number),
            stdin: Files.readAll(Paths.join(folder, step.input)))
        try #require([0, 3].contains(normalized.status), "\(normalized.stderr)")
        let loaded = try call(work, "dlt-load", ["sqlite:///" + work.path("x.db")], stdin: normalized.stdoutBytes)
        try #require([0, 3].contains(loaded.status), "\(loaded.stderr)")
    }
}
