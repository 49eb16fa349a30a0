import Glibc
import ProgramSupport
import SystemIO
import TestSupport
import Testing

struct StatusTests {
    @Test func `the table holds every status once`() {
        let numbers = ExitStatus.table.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.flatMap { Int32($0) }
        }
        #expect(numbers == [0, 3, 10, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78])
    }

    @Test func `of two outcomes the worse is told, of two failures the first`() {
        #expect(ExitStatus.done.worst(.more) == .more)
        #expect(ExitStatus.more.worst(.someSetAside) == .someSetAside)
        #expect(ExitStatus.someSetAside.worst(.more) == .someSetAside)
        #expect(ExitStatus.someSetAside.worst(.temporary) == .temporary)
        #expect(ExitStatus.data.worst(.io) == .data)
    }

    @Test(
        arguments: [
            (ENOENT, "open", 66), (ENOENT, "create", 73), (EACCES, "open", 77), (EPERM, "rename", 77),
            (ENOSPC, "write", 74), (EDQUOT, "write", 74), (EROFS, "create", 73), (EISDIR, "open", 66),
            (ENOTDIR, "open", 66), (EIO, "read", 74), (EPIPE, "write", 74), (EMFILE, "open", 75),
            (ECONNREFUSED, "connect", 69), (EWOULDBLOCK, "lock", 75), (ENOEXEC, "run", 78),
        ] as [(Int32, String, Int32)])
    func `errors of the system have a status each`(code: Int32, operation: String, status: Int32) {
        let error = ProgramError(SystemError(code: code, operation: operation, object: "x"))
        #expect(error.status.rawValue == status)
        #expect(error.message.hasPrefix("unable to \(operation) x: "), "\(error.message)")
        #expect(ExitStatus(of: error) == error.status)
    }

    @Test(arguments: [
        "dlt-extract", "dlt-normalize", "dlt-load", "dlt-query", "dlt-state", "dlt-schema", "dlt-dashboard",
        "dlt-init",
    ])
    func `every program answers for itself`(program: String) throws {
        let help = try run(program: program, arguments: ["--help"])
        #expect(help.status == 0 && help.stdout.contains("Usage: \(program)") && help.stderr.isEmpty, "\(help)")
        let version = try run(program: program, arguments: ["--version"])
        #expect(version.status == 0 && version.stdout.hasPrefix("\(program) "), "\(version)")
        // A missing operand would be reported first.
        let needed = ["dlt-load", "dlt-query"].contains(program) ? ["sqlite:///x.db"] : []
        let unknown = try run(program: program, arguments: needed + ["--no-such-flag"])
        #expect(unknown.status == 64 && unknown.stdout.isEmpty, "\(unknown)")
        #expect(unknown.stderr.contains("--no-such-flag") && unknown.stderr.contains("hint: see "), "\(unknown)")
        let json = try run(program: program, arguments: needed + ["--log-format=json", "--no-such-flag"])
        #expect(json.status == 64 && json.stderr.hasPrefix("{\"level\":\"error\""), "\(json)")
    }
}
