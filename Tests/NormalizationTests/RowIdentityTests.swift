import JSONText
import Normalization
import Testing

/// dlt's digests: SHAKE128 of the key or the item as canonical JSON; of parent, table and index below that.
struct RowIdentityTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func ids(_ strategy: String, of table: String) throws -> [String] {
        var request = fixture.request(.table("t"))
        request.pipeline = "p"
        request.hints = StreamHints(
            writeDisposition: try WriteDispositionHint(["disposition": "merge", "strategy": .string(strategy)]),
            primaryKey: ["i"])
        let result = try fixture.normalize("{\"i\":1,\"l\":[2]}\n", request)
        return try fixture.values("_dlt_id", of: table, in: result)
    }

    @Test func `ids come from the primary key where merges find rows by id`() throws {
        #expect(try ids("upsert", of: "t") == ["\"adzABv7dpheYiQ\""])
        #expect(try ids("upsert", of: "t__l") == ["\"foCHqUkUMdSUqA\""])
    }

    @Test func `ids come from the whole item where other content is another row`() throws {
        #expect(try ids("scd2", of: "t") == ["\"DqOzaNsLKaWXkA\""])
    }
}
