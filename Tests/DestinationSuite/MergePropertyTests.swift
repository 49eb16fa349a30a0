import DateTimes
import DestinationKinds
import JSONText
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

/// Where random loads go, and how one looks at what came of them.
protocol MergeTarget {
    /// Normalizes records into table `t`, with hints, and loads them.
    func load(_ lines: String, _ hints: [String]) throws

    /// Rows by plain text; none when there is no such table.
    func rows(_ table: String, _ columns: [(name: String, type: DataType)]) throws -> [[String?]]

    /// Tables that no load may leave behind.
    func leftovers() throws -> [String]
}

/// Random sequences of loads through dlt-normalize and dlt-load, against a model.
@Suite struct MergePropertyTests {
    private struct Run {
        let target: any MergeTarget
        var model: MergeModel
        var random: FastRandom
        var inputs: [String] = []

        init(_ target: any MergeTarget, strategy: MergeModel.Strategy, seed: Int) {
            self.target = target
            var random = FastRandom(seed: (UInt64(seed), 11, 12, 13))
            for _ in 0..<10 { _ = random.next() }
            let isDeleteInsert = strategy == .deleteInsert
            let keys = Int.random(in: 0...2, using: &random)
            let hasPrimaryKey = isDeleteInsert ? keys != 0 : [.upsert, .insertOnly].contains(strategy)
            model = MergeModel(
                strategy: strategy, hasPart: Bool.random(using: &random), hasPrimaryKey: hasPrimaryKey,
                hasMergeKey: isDeleteInsert ? keys != 1 : strategy == .scd2 && Bool.random(using: &random),
                hasDeletions: (isDeleteInsert || strategy == .upsert) && Bool.random(using: &random),
                sort: isDeleteInsert && hasPrimaryKey && Bool.random(using: &random) ? Bool.random(using: &random) : nil
            )
            self.random = random
        }

        // MARK: Loads

        mutating func record(_ order: Int) -> MergeRecord {
            MergeRecord(
                id: .random(in: 0...5, using: &random),
                part: model.hasPart ? (Bool.random(using: &random) ? nil : .random(in: 0...1, using: &random)) : nil,
                day: .random(in: 0...3, using: &random), value: .random(in: 0...2, using: &random),
                // Versions are to come back, so the same content must come again.
                order: model.strategy == .scd2 ? 0 : order,
                isDeleted: model.hasDeletions ? [nil, false, true].randomElement(using: &random) ?? nil : nil,
                children: (0..<Int.random(in: 0...2, using: &random)).map { _ in
                    MergeRecord.Child(
                        value: .random(in: 0...1, using: &random),
                        values: (0..<Int.random(in: 0...2, using: &random)).map { _ in
                            .random(in: 0...1, using: &random)
                        })
                })
        }

        mutating func records() -> [MergeRecord] {
            var records = (0..<Int.random(in: 1...9, using: &random)).map { record($0) }
            if model.strategy == .upsert || model.strategy == .insertOnly {
                // Two records of one key must have rows of the same ids (see `ambiguous nested rows are refused`).
                var seen: [MergeRecord] = []
                for var record in records {
                    if let twin = seen.first(where: { $0.id == record.id && (!model.hasPart || $0.part == record.part) }
                    ) {
                        guard model.strategy == .upsert else { continue }
                        record.children = twin.children.map { child in
                            MergeRecord.Child(value: child.value + 5, values: child.values.map { $0 + 5 })
                        }
                    }
                    seen.append(record)
                }
                records = seen
            }
            return records
        }

        var hints: [String] {
            func hint(_ more: JSONObject) -> JSONValue {
                var hints: JSONObject = ["data_type": "bigint"]
                hints.merge(more)
                return .object(hints)
            }
            let key: JSONObject = model.hasPrimaryKey ? ["primary_key": true] : [:]
            var columns: JSONObject = [
                "id": hint(key), "day": hint(model.hasMergeKey ? ["merge_key": true] : [:]), "value": hint([:]),
                "nr": hint(model.sort.map { ["dedup_sort": $0 ? "desc" : "asc"] } ?? [:]),
                "part": hint(model.hasPart ? key : [:]), "gone": ["data_type": "bool"],
            ]
            if model.hasDeletions { columns["gone"] = ["data_type": "bool", "hard_delete": true] }
            return [
                "--write-disposition", model.strategy.rawValue, "--columns", JSONValue.object(columns).serialized(),
            ]
        }

        mutating func load() throws {
            let records = records()
            let text = records.map { $0.json.serialized() + "\n" }.joined()
            inputs.append(text)
            try target.load(text, hints)
            model.take(records)
        }

        // MARK: Looking

        /// The rows as the model tells them. Every nested row must hang on a row that is there.
        func found() throws -> [String] {
            func byParent(_ table: String, _ column: String) throws -> [String: [(
                index: Int, value: String, id: String
            )]] {
                var rows: [String: [(index: Int, value: String, id: String)]] = [:]
                for row in try target.rows(
                    table,
                    [("_dlt_parent_id", .text), ("_dlt_list_idx", .bigint), (column, .bigint), ("_dlt_id", .text)])
                {
                    rows[row[0] ?? "", default: []].append((Int(row[1] ?? "") ?? -1, row[2] ?? "-", row[3] ?? ""))
                }
                return rows.mapValues { $0.sorted { $0.index < $1.index } }
            }
            let children = try byParent("t__children", "x")
            let deep = try byParent("t__children__deep", "value")
            let isHistory = model.strategy == .scd2
            var columns: [(name: String, type: DataType)] = ["id", "part", "day", "value", "nr"].map { ($0, .bigint) }
            columns += [("gone", .bool), ("_dlt_id", .text)]
            if isHistory { columns += [("_dlt_valid_from", .timestamp), ("_dlt_valid_to", .timestamp)] }
            let loads = try target.rows("_dlt_loads", [("load_id", .text)]).compactMap { $0[0].flatMap { LoadID($0) } }
                .sorted()
            func place(_ text: String?) -> String {
                guard let text else { return "-" }
                let time = Array(text.utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
                return loads.firstIndex { $0.microseconds == time }.map { "\($0 + 1)" } ?? text
            }
            var reached: Set<String> = []
            let texts = try target.rows("t", columns).map { row in
                let id = row[6] ?? ""
                reached.insert(id)
                let rows = (children[id] ?? []).map { child in
                    reached.insert(child.id)
                    return "\(child.value)[\((deep[child.id] ?? []).map(\.value).joined(separator: ", "))]"
                }
                let cells = row.map { $0 ?? "-" }
                let text =
                    "\(cells[0])/\(cells[1]) day \(cells[2]) value \(cells[3]) nr \(cells[4]) gone \(cells[5]): "
                    + rows.joined(separator: ",")
                return isHistory ? "\(text) from \(place(row[7])) to \(place(row[8]))" : text
            }
            let orphans = (Set(children.keys).union(deep.keys)).subtracting(reached)
            return (texts + orphans.map { "a row without its parent \($0)" }).sorted()
        }
    }

    private func test(_ seeds: Int, _ strategy: MergeModel.Strategy, _ target: () throws -> any MergeTarget) throws {
        for seed in 0..<seeds {
            var run = Run(try target(), strategy: strategy, seed: seed)
            for load in 1...5 {
                func inputs() -> String {
                    "seed \(seed), load \(load), \(run.hints)\n\(run.inputs.joined(separator: "--\n"))"
                }
                do { try run.load() } catch {
                    Issue.record("\(inputs())\n\(error)")
                    return
                }
                let (found, expected) = (try run.found(), run.model.expected)
                guard found == expected else {
                    Issue.record(
                        """
                        \(inputs())
                        missing: \(expected.filter { !found.contains($0) })
                        too many: \(found.filter { !expected.contains($0) })
                        """)
                    return
                }
            }
            #expect(try run.target.leftovers() == [])
        }
    }

    @Test(arguments: DestinationCases.present, MergeModel.Strategy.allCases)
    func `tables hold what the model says`(_ argument: CaseArgument, _ strategy: MergeModel.Strategy) throws {
        guard argument.destination.kind.has(strategy) else { return }
        try test(6, strategy) { try Pipeline(argument) }
    }

    @Test(arguments: MergeModel.Strategy.allCases)
    func `without transactions tables hold what the model says, whenever loads are killed`(
        _ strategy: MergeModel.Strategy
    ) throws {
        try test(4, strategy) { try KilledLoads() }
    }
}

extension DestinationKind {
    func has(_ strategy: MergeModel.Strategy) -> Bool {
        switch strategy {
        case .append, .replace: true
        default: mergeStrategies.contains { $0.rawValue == strategy.rawValue }
        }
    }
}

extension Pipeline: MergeTarget {
    func load(_ lines: String, _ hints: [String]) throws {
        let packages = try run(
            program: "dlt-normalize", arguments: ["--table", "t"] + hints, stdin: lines, environment: environment)
        let result = try load([], stdin: packages.stdout)
        guard packages.status == 0, result.status == 0 else { throw Failed(what: "\(packages) \(result)") }
    }

    func rows(_ table: String, _ columns: [(name: String, type: DataType)]) throws -> [[String?]] {
        try rows(table, columns, "")
    }

    func leftovers() throws -> [String] {
        try dataset.tables().filter { !["_dlt_loads", "_dlt_version", "_dlt_pipeline_state"].contains($0) }
            .filter { $0 != "t" && !$0.hasPrefix("t__") }
    }
}
