import DateTimes
import JSONText
import SystemIO
import TestSupport
import Testing

/// What dlt and Ibis have answered to questions about a shop (`Tests/Questions/record.py`), asked by dlt-query's options.
@Suite struct QuestionTests {
    struct Question: Sendable, CustomTestStringConvertible {
        let options: [String]
        let rows: [JSONValue]

        var testDescription: String { options.joined(separator: " ") }
    }

    private static let folder = Paths.join(Paths.parent(Paths.parent(#filePath)), "Questions")

    static let questions: [Question] = {
        do {
            let all = try JSONValue(parsing: Files.readAll(Paths.join(folder, "questions.json"))).arrayValue ?? []
            return all.map { question in
                Question(
                    options: question["options"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                    rows: question["rows"]?.arrayValue ?? [])
            }
        } catch { fatalError("questions.json: \(error)") }
    }()

    /// The shop in one database, loaded by our programs in three loads.
    final class Shop: Sendable {
        let name: String
        let arguments: [String]
        private let work: WorkDirectory

        init(_ name: String, _ url: (WorkDirectory) -> [String]) throws {
            self.name = name
            work = try WorkDirectory()
            arguments = url(work)
            let columns = """
                {"total":{"data_type":"decimal"},"due":{"data_type":"date"},"data":{"data_type":"json"}}
                """
            for (file, table) in [("orders-1", "orders"), ("customers", "customers"), ("orders-2", "orders")] {
                let hints = table == "orders" ? ["--columns", columns] : []
                let normalized = try call("dlt-normalize", ["--pipeline", "shop", "--table", table] + hints, file)
                try #require(normalized.status == 0, "\(normalized)")
                let loaded = try TestSupport.run(
                    argv: [Paths.join(buildFolder, "dlt-load")] + arguments, stdin: normalized.stdoutBytes,
                    environment: environment, timeoutSeconds: 300)
                try #require(loaded.status == 0, "\(loaded)")
            }
        }

        private var environment: [String: String] { ["DLT_DATA_DIR": work.path("data")] }

        private func call(_ program: String, _ arguments: [String], _ file: String) throws -> ProgramResult {
            try TestSupport.run(
                argv: [Paths.join(buildFolder, program)] + arguments,
                stdin: Files.readAll(Paths.join(QuestionTests.folder, file + ".ndjson")), environment: environment,
                timeoutSeconds: 300)
        }

        func ask(_ options: [String]) throws -> ProgramResult {
            try TestSupport.run(
                program: "dlt-query", arguments: [arguments[0]] + options + arguments.dropFirst(),
                environment: environment, timeoutSeconds: 300)
        }
    }

    /// Loaded once for all questions.
    static let shops: Result<[Shop], any Error> = Result {
        var shops = [try Shop("SQLite") { ["sqlite:///" + $0.path("shop.db")] }]
        if let url = PostgreSQLServer.url {
            let dataset = PostgreSQLServer.uniqueName("questions")
            shops.append(try Shop("PostgreSQL") { _ in [url, "--dataset", dataset] })
        }
        if DuckDBLibrary.isThere {
            shops.append(try Shop("DuckDB") { ["duckdb:///" + $0.path("shop.duckdb"), "--dataset", "shop"] })
        }
        return shops
    }

    @Test(arguments: questions)
    func `an answer differs from that of dlt and Ibis`(question: Question) throws {
        for shop in try QuestionTests.shops.get() {
            let result = try shop.ask(question.options)
            guard result.status == 0 else {
                Issue.record("\(shop.name): \(result.stderr)")
                continue
            }
            let rows =
                question.options.contains("--count")
                ? [["count": .number(result.stdout.filter { $0 != "\n" })]]
                : try result.lines.map { try JSONValue(parsing: $0) }
            #expect(rows.map(form) == question.rows.map(form), "\(shop.name)")
        }
    }

    @Test func `there are fewer than 60 questions`() {
        #expect(QuestionTests.questions.count >= 60)
        #expect(QuestionTests.questions.allSatisfy { !$0.rows.isEmpty })
    }

    /// One form for what is equal: numbers to ten digits, times as instants.
    private func form(_ value: JSONValue) -> String {
        switch value {
        case .number(let digits):
            guard let number = Double(digits), number != 0 else { return "0" }
            var (fraction, exponent) = (number, 0)
            while abs(fraction) >= 10 { (fraction, exponent) = (fraction / 10, exponent + 1) }
            while abs(fraction) < 1 { (fraction, exponent) = (fraction * 10, exponent - 1) }
            return "\((fraction * 1e9).rounded())e\(exponent)"
        case .string(let text):
            let bytes = Array(text.utf8)
            if text.count >= 19, let time = bytes.withUnsafeBufferPointer({ TemporalCoercion.timestamp(text: $0) }) {
                return "time \(time)"
            }
            return "'\(text)'"
        case .array(let items): return "[" + items.map(form).joined(separator: ", ") + "]"
        case .object(let object):
            return "{"
                + object.members.sorted { $0.key < $1.key }.map { "\($0.key): \(form($0.value))" }.joined(
                    separator: ", ") + "}"
        default: return value.serialized()
        }
    }
}
