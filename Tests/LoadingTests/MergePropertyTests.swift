import JSONText
import LoadPackages
import SystemIO
import TestSupport
import Testing

/// Random sequences of loads through dlt-normalize and dlt-load, against a model.
@Suite struct MergePropertyTests {
    private static let seeds = 24

    private struct Run {
        let folder: WorkDirectory
        let target: any MergeTarget
        var model: MergeModel
        var random: FastRandom
        var inputs: [String] = []

        init(_ targets: MergeTargets, strategy: MergeModel.Strategy, seed: Int) throws {
            folder = try WorkDirectory()
            target = targets.make(folder)
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
            let environment = ["DLT_DATA_DIR": folder.path("data")]
            let packages = try TestSupport.run(
                program: "dlt-normalize", arguments: ["--pipeline", target.pipeline, "--table", "t"] + hints,
                stdin: text,
                environment: environment)
            let result = try TestSupport.run(
                program: "dlt-load", arguments: [target.url], stdin: packages.stdout, environment: environment)
            guard packages.status == 0, result.status == 0 else {
                throw Fixture.Missing("a load of \(hints): \(packages) \(result)\n\(inputs.joined(separator: "--\n"))")
            }
            model.take(records)
        }

        // MARK: Looking

        /// The rows as the model tells them. Every nested row must hang on a row that is there.
        func found() throws -> [String] {
            func byParent(_ table: String, _ column: String) throws -> [String: [(
                index: Int, value: String, id: String
            )]] {
                var rows: [String: [(index: Int, value: String, id: String)]] = [:]
                for row in try target.rows(of: table, ["_dlt_parent_id", "_dlt_list_idx", column, "_dlt_id"]) {
                    rows[row[0] ?? "", default: []].append((Int(row[1] ?? "") ?? -1, row[2] ?? "-", row[3] ?? ""))
                }
                return rows.mapValues { $0.sorted { $0.index < $1.index } }
            }
            let children = try byParent("t__children", "x")
            let deep = try byParent("t__children__deep", "value")
            let isHistory = model.strategy == .scd2
            var columns = ["id", "part", "day", "value", "nr", "gone", "_dlt_id"]
            if isHistory { columns += ["_dlt_valid_from", "_dlt_valid_to"] }
            let loads = try target.rows(of: "_dlt_loads", ["load_id"]).compactMap { $0[0].flatMap { LoadID($0) } }
                .sorted()
            func place(_ time: String?) -> String {
                guard let time else { return "-" }
                return loads.firstIndex { String($0.microseconds) == time }.map { "\($0 + 1)" } ?? time
            }
            var reached: Set<String> = []
            let texts = try target.rows(of: "t", columns).map { row in
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

    @Test(arguments: MergeTargets.present, MergeModel.Strategy.allCases)
    func `tables hold what the model says`(_ targets: MergeTargets, _ strategy: MergeModel.Strategy) throws {
        for seed in 0..<MergePropertyTests.seeds / 4 {
            var run = try Run(targets, strategy: strategy, seed: seed)
            for load in 1...5 {
                try run.load()
                let (found, expected) = (try run.found(), run.model.expected)
                guard found == expected else {
                    Issue.record(
                        """
                        seed \(seed), load \(load), \(run.hints)
                        \(run.inputs.joined(separator: "--\n"))
                        missing: \(expected.filter { !found.contains($0) })
                        too many: \(found.filter { !expected.contains($0) })
                        """)
                    return
                }
            }
            #expect(try run.target.leftovers() == [])
        }
    }
}
