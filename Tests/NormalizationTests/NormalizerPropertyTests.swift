import Identifiers
import JSONText
import Normalization
import Schemas
import Testing

/// Keeps rows in memory.
private final class CollectedRows: RowOutput {
    private(set) var names: [String] = []
    private(set) var rows: [(table: String, row: JSONObject)] = []
    private let row = ByteBuffer()

    func table(_ name: String) -> Int {
        names.append(name)
        return names.count - 1
    }

    func buffer(of table: Int) -> ByteBuffer { row }

    func endRow(of table: Int, bytes: Int) throws {
        guard bytes == row.count, case .object(let object) = try JSONValue(parsing: row.bytes) else {
            throw JSONSyntaxError(.unexpectedCharacter, at: 0)
        }
        rows.append((names[table], object))
        row.removeAll()
    }
}

@Suite struct `normalizer against its plain restatement` {
    private static let system = ["_dlt_id", "_dlt_load_id", "_dlt_parent_id", "_dlt_list_idx"]

    @Test(arguments: [1000, 0, 1, 2, 3])
    func `random records make the same rows, links and column order`(nesting: Int) throws {
        for seed in 0..<60 {
            var generator = RecordGenerator(random: SplitMix(state: UInt64(seed * 7919 + nesting)))
            let records = (0..<20).map { _ in generator.record() }
            try compare(records, nesting: nesting, "seed \(seed), nesting \(nesting)")
        }
    }

    private func compare(_ records: [JSONValue], nesting: Int, _ place: Comment) throws {
        let naming = try Naming(named: "snake_case", maxLength: 63)
        var reference = ReferenceFlattener(naming: naming, maximumNesting: nesting)
        for record in records { reference.add(record, to: "t") }

        let output = CollectedRows()
        let tape = JSONTape()
        let engine = try RecordNormalizer(
            schema: Schema(name: "s"), naming: naming, tape: tape, loadID: "1.0", nowSeconds: 1.7e9, output: output,
            report: { _ in })
        let root = engine.root("t")
        engine.hint(root) { schema in
            try StreamHints(maximumNesting: nesting).apply(to: &schema, table: "t", resource: "t", naming: naming)
        }
        for (index, record) in records.enumerated() {
            try record.serializedBytes().withUnsafeBufferPointer { text in
                try tape.scan(text)
                try engine.normalize(record: 0, of: text, line: index + 1, into: root)
            }
        }

        try #require(output.rows.map(\.table) == reference.rows.map(\.table), place)
        var order: [String: [String]] = [:]
        for (made, expected) in zip(output.rows, reference.rows) {
            check(made.row, expected, output.rows, place)
            for cell in expected.cells
            where !cell.value.isNull && order[expected.table, default: []].contains(cell.column) == false {
                order[expected.table, default: []].append(cell.column)
            }
        }
        for (table, columns) in order {
            let stored = engine.schema[table: table]?.columns.filter { !$0.has("variant") }.map(\.name) ?? []
            #expect(stored.filter { !Self.system.contains($0) } == columns, place)
        }
    }

    private func check(
        _ row: JSONObject, _ expected: ReferenceFlattener.Row, _ all: [(table: String, row: JSONObject)],
        _ place: Comment
    ) {
        let made = row.members.filter { !Self.system.contains($0.key) }
        let wanted = expected.cells.filter { !$0.value.isNull }
        #expect(made.count == wanted.count, place)
        for (column, value) in wanted {
            // A value that the column's type refused stands in its variant column.
            let found = made.first { $0.key == column || $0.key.hasPrefix("\(column)__v_") }
            #expect(found.map { isSame($0.value, value) } ?? false, "\(place): \(column) \(value.serialized())")
        }
        if let link = expected.link {
            #expect(row["_dlt_parent_id"] == all[link.parent].row["_dlt_id"], place)
            #expect(row["_dlt_list_idx"] == .integer(link.index), place)
        } else {
            #expect(row["_dlt_load_id"] == "1.0", place)
        }
    }

    /// The value itself, or a form of it that dlt's coercions make.
    private func isSame(_ made: JSONValue, _ source: JSONValue) -> Bool {
        if made == source { return true }
        switch (made, source) {
        case (.string(let text), .number(let digits)): return text == digits
        case (.string(let text), .bool(let flag)): return text == (flag ? "True" : "False")
        case (.string(let text), .object), (.string(let text), .array):
            return (try? JSONValue(parsing: text)) == source
        case (.bool(let flag), .number(let digits)): return flag == (digits != "0" && digits != "0.0" && digits != "-0")
        default: return false
        }
    }
}
