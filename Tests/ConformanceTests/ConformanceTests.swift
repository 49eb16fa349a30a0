import JSONText
import SystemIO
import TestSupport
import Testing

/// The committed conformance cases through the built programs, against what real dlt made of them.
struct ConformanceSuite {
    @Test(arguments: PlacedCase.all)
    func `the programs make what dlt makes`(of placed: PlacedCase) throws {
        let (place, conformance) = (placed.place, placed.conformance)
        let expectation = try conformance.expectation(at: place)
        try #require(expectation.count == conformance.steps.count)
        let results = try conformance.run(at: place, literal: literalIDs(expectation))
        var found: [Difference] = []
        for (index, (expected, actual)) in zip(expectation, results).enumerated() {
            found += conformance.differences(step: index + 1, expected: expected, actual: actual)
        }
        let more = found.count > 1 ? "\n  and \(found.count - 1) more" : ""
        if let first = found.first {
            Issue.record("\(placed.testDescription): \(conformance.description)\n\(first)\(more)")
        }
    }

    /// A comparison that cannot fail proves nothing: every leaf of an expectation is changed, and left out, in turn.
    @Test(
        arguments: ["child-tables", "coerce-floats-to-text", "json-values-kept-exactly"],
        [SQLitePlace(), DuckDBPlace()] as [any ConformancePlace])
    func `any change of an expectation is noticed`(name: String, at place: any ConformancePlace) throws {
        let conformance = try ConformanceCase(name)
        let expectation = try conformance.expectation(at: place)
        // What the expectation itself says came.
        for (index, step) in expectation.enumerated() {
            #expect(conformance.differences(step: index + 1, expected: step, actual: step).isEmpty)
            let mutants = mutations(of: step).filter { $0.depth > 1 || !$0.isRemoval }
            #expect(mutants.count > 50)
            for mutant in mutants {
                let found = conformance.differences(step: index + 1, expected: mutant.value, actual: step)
                #expect(!found.isEmpty, "not noticed: \(mutant.place)")
            }
        }
    }

    @Test func `the order of columns is noticed`() {
        let want: JSONValue = ["columns": .array([.array(["a", "TEXT"]), .array(["b", "TEXT"])])]
        let got: JSONValue = ["columns": .array([.array(["b", "TEXT"]), .array(["a", "TEXT"])])]
        #expect(differences(want, got, at: "t").map(\.place) == ["t.columns (names)"])
        let stored: JSONValue = ["columns": ["a": 1, "b": 2]]
        #expect(differences(stored, ["columns": ["b": 2, "a": 1]], at: "t").map(\.place) == ["t.columns (order)"])
        #expect(differences(["x": ["a": 1, "b": 2]], ["x": ["b": 2, "a": 1]]).isEmpty)
    }

    @Test func `numbers are compared as what they are`() {
        #expect(differences(.number("1.50"), .number("15e-1")).isEmpty)
        #expect(!differences(.number("1.0"), .number("1")).isEmpty)
        #expect(!differences(.number("12345678901234567890"), .number("12345678901234567891")).isEmpty)
        #expect(!differences(.number("1"), .string("1")).isEmpty)
        // Swift's own equality holds these to be one string.
        #expect(!differences(.string("\u{E9}"), .string("e\u{301}")).isEmpty)
    }
}

private struct Mutation {
    let place: String
    let depth: Int
    let isRemoval: Bool
    let value: JSONValue
}

/// Every value that differs from `value` in one leaf or lacks one member or element.
private func mutations(of value: JSONValue, place: String = "", depth: Int = 0) -> [Mutation] {
    func changed(_ value: JSONValue) -> [Mutation] {
        [Mutation(place: place, depth: depth, isRemoval: false, value: value)]
    }
    switch value {
    case .null: return changed(true)
    case .bool(let flag): return changed(.bool(!flag))
    case .number(let digits): return changed(.number(digits.hasPrefix("-") ? "7" : digits == "7" ? "8" : "7"))
    case .string(let text): return changed(.string(text + "x"))
    case .array(let items):
        return items.indices.flatMap { index in
            let here = "\(place)[\(index)]"
            var without = items
            without.remove(at: index)
            let inner = mutations(of: items[index], place: here, depth: depth + 1).map { mutation in
                var copy = items
                copy[index] = mutation.value
                return Mutation(
                    place: mutation.place, depth: mutation.depth, isRemoval: mutation.isRemoval, value: .array(copy))
            }
            return inner + [Mutation(place: here, depth: depth + 1, isRemoval: true, value: .array(without))]
        }
    case .object(let object):
        return object.members.flatMap { key, item in
            let here = "\(place).\(key)"
            var without = object
            without[key] = nil
            let inner = mutations(of: item, place: here, depth: depth + 1).map { mutation in
                var copy = object
                copy[key] = mutation.value
                return Mutation(
                    place: mutation.place, depth: mutation.depth, isRemoval: mutation.isRemoval, value: .object(copy))
            }
            return inner + [Mutation(place: here, depth: depth + 1, isRemoval: true, value: .object(without))]
        }
    }
}

// MARK: - Running

extension ConformanceCase {
    /// Loads step after step into one database and dumps what each left.
    func run(at place: some ConformancePlace, literal: Set<ExactString>) throws -> [JSONValue] {
        let work = try WorkDirectory()
        func contents() throws -> JSONValue { try place.dump(work)?.step["tables"] ?? [:] }
        var results: [JSONValue] = []
        var before = try contents()
        for (index, step) in steps.enumerated() {
            var result: Dump
            do {
                result = try run(step, number: index + 1, at: place, in: work)
            } catch {
                result = .failure("unreadable", "\(error)")
            }
            let after = try contents()
            if let status = result.step["error"], !ConformanceTests.differences(before, after).isEmpty {
                result = .failure(
                    "failed, but changed the destination",
                    "exit \(status.serialized()), but it changed the destination; "
                        + (result.step["message"]?.stringValue ?? ""))
            }
            before = after
            if isRowsOnly { result.leaveOutColumns() }
            results.append(result.folded(literal: literal, unordered: isUnordered))
        }
        return results
    }

    private func run(
        _ step: Step, number: Int, at place: some ConformancePlace, in work: WorkDirectory
    ) throws -> Dump {
        let normalized = try call(
            work, "dlt-normalize",
            ["--pipeline", pipeline, "--table", step.table] + arguments(step.flags, work, number),
            stdin: Files.readAll(Paths.join(folder, step.input)))
        // Where a contract leaves something out, ours say so by their status.
        if ![0, 3].contains(normalized.status) { return failure("dlt-normalize", normalized) }
        if step.isSchemaOnly { return try Dump(packageLines: normalized.stdout) }
        let loaded = try call(work, "dlt-load", place.arguments(work), stdin: normalized.stdoutBytes)
        if loaded.status != normalized.status { return failure("dlt-load", loaded) }
        guard let dump = try place.dump(work) else { return .failure("nothing", "dlt-load has made nothing") }
        return dump
    }

    private func failure(_ program: String, _ result: ProgramResult) -> Dump {
        .failure(
            .integer(result.status), "\(program) ended with \(result.status): \(result.stderr.suffix(800))")
    }

    func call(
        _ work: WorkDirectory, _ program: String, _ arguments: [String], stdin: [UInt8]
    ) throws -> ProgramResult {
        try TestSupport.run(
            argv: [Paths.join(buildFolder, program)] + arguments, stdin: stdin,
            environment: ["DLT_DATA_DIR": work.path("data")], currentDirectory: work.path, timeoutSeconds: 300)
    }

    func arguments(_ flags: JSONObject, _ work: WorkDirectory, _ number: Int) throws -> [String] {
        try flags.members.flatMap { key, value in
            var text = value.stringValue ?? value.serialized()
            if key == "schema" {
                text = try work.write("schema-\(number).json", value.serialized())
            } else if key.hasSuffix("_key"), let columns = value.arrayValue {
                text = columns.compactMap(\.stringValue).joined(separator: ",")
            }
            return ["--" + key.replacing("_", with: "-"), text]
        }
    }
}
