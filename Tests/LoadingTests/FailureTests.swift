import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// What happens when something is not as it should be: one clear sentence, the right status, nothing touched.
@Suite struct FailureTests {
    private func expect(
        _ fixture: SQLiteFixture, _ arguments: [String], status: Int32, _ words: String..., stdin: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try fixture.load(arguments, stdin: stdin)
        #expect(result.status == status, "\(result)", sourceLocation: location)
        for word in words { #expect(result.stderr.contains(word), "\(result)", sourceLocation: location) }
    }

    @Test func `a damaged job is noticed before anything is touched`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let job = "data/spool/p/packages/\(Paths.lastComponent(path))/jobs/users.0.jsonl.zst"
        var bytes = try fixture.folder.bytes(job)
        bytes[bytes.count / 2] ^= 0x10
        try fixture.folder.write(job, bytes)
        try expect(fixture, [path], status: 65, "checksum", "hint:")
        #expect(!Files.exists(fixture.folder.path("x.db")))
        // It keeps nobody waiting, and tells why.
        #expect(try fixture.places() == [0, 0, 1])
        let id = try #require(LoadID(Paths.lastComponent(path)))
        let reason = try #require(fixture.spool.failureReason(of: id))
        #expect(
            reason.status == 65 && reason.message.contains("checksum") && reason.destination?.hasSuffix("x.db") == true)
        try expect(
            fixture, [path], status: 65, "has failed before", "checksum", "dlt-state packages retry --pipeline p \(id)")
        try Files.rename(fixture.spool.path(of: id, in: .failed), to: path)
        try Files.remove(fixture.folder.path(job))
        try expect(fixture, [path], status: 65, "missing")
    }

    @Test func `what standard input says decides the end`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let run = "{\"type\":\"RUN\",\"run\":\"1\"}\n"
        let line = "{\"type\":\"PACKAGE\",\"load_id\":\"x\",\"path\":\"\(path)\",\"pipeline\":\"p\",\"rows\":3}\n"
        try expect(fixture, [], status: 75, "standard input is empty")
        try expect(fixture, [], status: 75, "without END", "1 package", stdin: run + line)
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
        try expect(fixture, [], status: 65, stdin: run + line + "{\"type\":\"END\",\"exit_status\":65}\n")
        try expect(fixture, [], status: 10, stdin: run + line + "{\"type\":\"END\",\"exit_status\":10}\n")
        try expect(fixture, [], status: 0, stdin: run + line + "{\"type\":\"END\",\"exit_status\":0}\n")
        try expect(fixture, [], status: 0, stdin: run + "{\"type\":\"END\",\"exit_status\":0}\n")
        try expect(fixture, [], status: 75, "cut off", stdin: run + "{\"type\":\"PACK")
        try expect(fixture, [], status: 65, "dlt-normalize", stdin: "{\"type\":\"HEADER\",\"pipeline\":\"p\"}\n")
        try expect(fixture, [], status: 66, "no-such", stdin: "no-such\n")
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
    }
}
