import JSONText
import Normalization
import ProgramSupport
import Schemas
import TestSupport
import Testing

/// Where something was is told in the words of who looks for it.
struct PlaceTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// A native stream of records of a column that turns to text in the last one.
    private func variant(after lines: [String], sent: Int) -> [String] {
        [header(), schema()] + lines
            + ["{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"i\":\"x\"}}", end(["t": sent])]
    }

    private func placeOfVariant(_ lines: [String], workers: Int = 1, blockBytes: Int = 1 << 20) throws -> InputPlace? {
        let result = try fixture.normalize(
            lines.map { $0 + "\n" }.joined(), fixture.request(), workers: workers, blockBytes: blockBytes)
        let found = zip(result.events, result.places).first { event, _ in
            if case .columnAdded(_, let column, _) = event { column.name == "i__v_text" } else { false }
        }
        return found?.1
    }

    @Test(arguments: [1, 3], [1 << 20, 200])
    func `each RECORD is one line further than the last PLACE says`(workers: Int, blockBytes: Int) throws {
        let told = try placeOfVariant(
            variant(
                after: [place("f1.jsonl", line: 1, number: 1, sent: 0)] + records(1...40)
                    + [place("f2.jsonl", line: 1, number: 1, sent: 40)] + records(1...2)
                    + [place("f2.jsonl", line: 7, number: 3, sent: 42)] + records(1...3), sent: 46),
            workers: workers, blockBytes: blockBytes)
        #expect(told?.description == "f2.jsonl, line 10")
        #expect(
            told?.members == [
                "file": "f2.jsonl", "line": 10, "record_number": 6, "place": "f2.jsonl, line 10",
            ])
    }

    @Test(arguments: [1, 3])
    func `where records went on the way, places are about`(workers: Int) throws {
        let about = try placeOfVariant(
            variant(
                after: [place("f", line: 1, number: 1, sent: 0)] + records(1...4)
                    + [place("f", line: 9, number: 6, sent: 5)] + records(1...1), sent: 7), workers: workers)
        #expect(about?.description == "f, about line 10")
        #expect(about?.members["about"] == true)
    }

    @Test func `records that are not lines are told by their number`() throws {
        let told = try placeOfVariant(
            variant(after: [place("x.json", line: nil, number: 1, sent: 0)] + records(1...4), sent: 5))
        #expect(told?.description == "x.json, record 5")
    }

    @Test(arguments: [
        ("\"command\":\"sh gen.sh\",\"line\":3", "sh gen.sh, line 3"),
        ("\"url\":\"https://h/x?p=2\",\"page\":2", "https://h/x?p=2, page 2, record 8"),
    ])
    func `a command and a page are named`(members: String, words: String) throws {
        let place = "{\"type\":\"PLACE\",\"stream\":\"t\",\(members),\"number\":8,\"sent\":1}"
        #expect(try placeOfVariant(variant(after: records(1...1) + [place], sent: 2))?.description == words)
    }

    @Test func `streams of format 1, and such without places, have places on standard input`() throws {
        let old = variant(after: records(1...1), sent: 2).map { $0.replacing("\"format\":2", with: "\"format\":1") }
        #expect(try placeOfVariant(old)?.description == "line 4 of standard input")
    }

    @Test func `plain rows are lines of standard input`() throws {
        let result = try fixture.normalize("{\"i\":1}\n\n{\"i\":\"x\"}\n", fixture.request(.table("t")))
        #expect(result.places.last??.description == "line 3 of standard input")
    }

    @Test(arguments: [
        "{\"type\":\"PLACE\"}", "{\"type\":\"PLACE\",\"stream\":\"t\",\"file\":\"f\"}",
        "{\"type\":\"PLACE\",\"stream\":\"t\",\"number\":1,\"sent\":0}",
        "{\"type\":\"PLACE\",\"stream\":\"other\",\"file\":\"f\",\"number\":1,\"sent\":0}",
    ])
    func `a PLACE that is none is refused`(message: String) throws {
        #expect(try fixture.refusal([header(), schema(), message])?.status == .data)
    }

    // MARK: Broken records

    @Test(arguments: [
        ("{\"a\":NaN}", "NaN is not JSON: {\"a\":NaN}", "write null"),
        ("{\"a\":-Infinity}", "-Infinity is not JSON", "write null"),
        ("{\"a\":[1,Infinity]}", "Infinity is not JSON", "write null"),
        ("{\"a\":None}", "None is not JSON", "json.dumps"), ("{\"a\":True}", "True is not JSON", "json.dumps"),
        ("{'a':1}", "a single quote is not JSON", "double quotes"),
        ("{\"a\":1,}", "a comma before } is not JSON", "leave out the comma"),
        ("{\"a\":[1, ]}", "a comma before ] is not JSON", "leave out the comma"),
        ("{\"a\":", "the record does not end on this line: {\"a\":", "--format json"),
        ("Starting...", "Starting... is not a record", "each line must be a JSON object"),
        ("{\"a\" 1}", "not JSON: unexpected character at byte 6: {\"a\" 1}", "correct the record"),
    ])
    func `what is not JSON is quoted and told what it is`(text: String, reason: String, hint: String) throws {
        let frame = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":\(text)}"
        let stream = [header(), schema(), place("f.jsonl", line: 1, number: 1, sent: 0)] + records(1...2) + [frame]
        let refusal = try #require(try fixture.refusal(stream))
        #expect(refusal.status == .data)
        #expect(refusal.message.hasPrefix("unable to read f.jsonl, line 3: \(reason)"), "\(refusal.message)")
        #expect(refusal.hint?.contains(hint) == true && refusal.hint?.contains("--rejects") == true)
        var request = fixture.request(.table("t"))
        request.pipeline = "p"
        let plain = #expect(throws: ProgramError.self) { try fixture.normalize("{}\n\(text)\n", request) }
        #expect(plain?.message.hasPrefix("unable to read line 2 of standard input: \(reason)") == true)
    }

    @Test func `what a command prints beside its records is told to go elsewhere`() throws {
        let place =
            "{\"type\":\"PLACE\",\"stream\":\"t\",\"command\":\"python3 bad.py\",\"line\":1,\"number\":1,\"sent\":0}"
        let frame = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":Starting...}"
        let refusal = try fixture.refusal([header(), schema(), place, frame])
        #expect(refusal?.message == "unable to read python3 bad.py, line 1: Starting... is not a record")
        #expect(refusal?.hint?.hasPrefix("print messages to stderr") == true)
    }

    @Test(arguments: [header(), "{\"type\":\"SCHEMA\",\"stream\":\"t\",\"schema\":{}}"])
    func `a record stream is not taken for rows`(first: String) throws {
        let refusal = try fixture.refusal([first]) { $0.mode = .table("t") }
        #expect(refusal?.status == .usage && refusal?.hint?.contains("--resource") == true)
    }
}
