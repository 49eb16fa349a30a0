import Glibc
import SystemIO
import Testing

struct ChildProcessTests {
    private func output(of process: inout ChildProcess) throws -> String {
        guard let output = process.standardOutput.take() else { return "" }
        return String(decoding: try Files.readAll(output), as: UTF8.self)
    }

    @Test func `a command from PATH gets arguments, variables and a folder`() throws {
        var process = try ChildProcess.spawn(
            argv: ["sh", "-c", "echo \"$1 $ADDED $(pwd)\"; exit 7", "sh", "a b"], environment: ["ADDED": "yes=1"],
            directory: "/")
        #expect(try output(of: &process) == "a b yes=1 /\n")
        #expect(try process.wait() == .exited(7))
        #expect(try process.wait() == .exited(7))
    }

    @Test func `input goes through a pipe`() throws {
        var process = try ChildProcess.spawn(argv: ["cat"], stdin: .pipe)
        if let input = process.standardInput.take() {
            try input.writeAll("hello")
            try input.close()
        }
        #expect(try output(of: &process) == "hello")
        #expect(try process.wait().isSuccess)
    }

    @Test func `a signal is told apart from a status`() throws {
        var process = try ChildProcess.spawn(argv: ["sleep", "100"], stdout: .null)
        process.signal(SIGTERM)
        let outcome = try process.wait()
        #expect(outcome == .signaled(SIGTERM))
        #expect(outcome.shellStatus == 143)
    }

    @Test func `a command that is absent is an error`() {
        #expect(throws: SystemError(code: ENOENT, operation: "run", object: "no-such-command")) {
            _ = try ChildProcess.spawn(argv: ["no-such-command"])
        }
    }
}

struct StopSignalTests {
    // The thread of a test has signals blocked, so they are sent to the process instead of raised.
    @Test func `a first request ends waits and a second ends the process`() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            StopSignal.install()
            let pipe = try Descriptor.pipe()
            try pipe.writing.writeAll("there")
            kill(getpid(), SIGTERM)
            if StopSignal.sleep(milliseconds: 10_000) { exit(10) }
            if !StopSignal.requested || StopSignal.signalName != "SIGTERM" { exit(11) }
            var bytes = [UInt8](repeating: 0, count: 10)
            // What is there can still be read; waiting for more cannot begin.
            let count = try bytes.withUnsafeMutableBytes { try pipe.reading.read(into: $0) }
            if count != 5 { exit(12) }
            do {
                _ = try bytes.withUnsafeMutableBytes { try pipe.reading.read(into: $0) }
                exit(13)
            } catch let error as SystemError where error.isInterruption {}
            // timeout(1) sends twice in a row; that must not kill.
            kill(getpid(), SIGTERM)
            usleep(600_000)
            kill(getpid(), SIGTERM)
            sleep(5)
            exit(14)
        }
    }

    @Test func `a process can end by the signal that stopped it`() async {
        await #expect(processExitsWith: .signal(SIGINT)) {
            StopSignal.install()
            kill(getpid(), SIGINT)
            if StopSignal.sleep(milliseconds: 10_000) { exit(10) }
            StopSignal.endProcess()
            exit(11)
        }
    }

    @Test func `what was inherited as ignored stays ignored`() async {
        await #expect(processExitsWith: .exitCode(5)) {
            signal(SIGINT, SIG_IGN)
            StopSignal.install()
            kill(getpid(), SIGINT)
            exit(StopSignal.sleep(milliseconds: 100) ? 5 : 1)
        }
    }
}

struct PathsTests {
    @Test func `paths are taken apart and joined`() {
        #expect(Paths.join("a", "b", "c") == "a/b/c")
        #expect(Paths.join("a/", "b") == "a/b")
        #expect(Paths.join("a", "/b") == "/b")
        #expect(Paths.join("", "b", "") == "b")
        #expect(Paths.lastComponent("/a/b.txt") == "b.txt")
        #expect(Paths.lastComponent("/a/b/") == "b")
        #expect(Paths.lastComponent("/") == "/")
        #expect(Paths.lastComponent("x") == "x")
        #expect(Paths.parent("/a/b/") == "/a")
        #expect(Paths.parent("/a") == "/")
        #expect(Paths.parent("a") == ".")
        #expect(Paths.parent("/") == "/")
        #expect(Paths.parent("a//b") == "a")
        #expect(Paths.fileExtension("a.b/c.tar.gz") == "gz")
        #expect(Paths.fileExtension("a.b/c") == "")
        #expect(Paths.fileExtension(".hidden") == "")
        #expect(Paths.withoutExtension("a.b/c.tar.gz") == "a.b/c.tar")
        #expect(Paths.withoutExtension("a.b/c") == "a.b/c")
        #expect(Paths.withoutExtension(".hidden") == ".hidden")
        #expect(Paths.withoutExtension("c.") == "c")
        #expect(Paths.withoutExtension("..") == "..")
        // Names that begin with a combining mark are names all the same.
        #expect(Paths.lastComponent("/a/\u{301}b").unicodeScalars.elementsEqual("\u{301}b".unicodeScalars))
        #expect(Paths.parent("/a/\u{301}b") == "/a" && Paths.parent("/\u{301}") == "/")
        #expect(Paths.fileExtension("a.\u{301}b").unicodeScalars.elementsEqual("\u{301}b".unicodeScalars))
        #expect(Paths.withoutExtension("a.\u{301}b") == "a")
    }

    @Test func `a tilde is the home folder`() {
        #expect(Paths.expandTilde("~") == Environment.home)
        #expect(Paths.expandTilde("~/x") == Environment.home.map { Paths.join($0, "x") })
        #expect(Paths.expandTilde("a~") == "a~")
        #expect(Paths.expandTilde("~other/x") == "~other/x")
    }
}

struct RandomTests {
    @Test func `the generator gives the reference numbers`() {
        // From the reference implementation at https://prng.di.unimi.it/xoshiro256plusplus.c with state 1, 2, 3, 4.
        var random = FastRandom(seed: (1, 2, 3, 4))
        #expect(random.next() == 41_943_041)
        #expect(random.next() == 58_720_359)
        #expect(random.next() == 3_588_806_011_781_223)
    }

    @Test func `two generators differ`() {
        var (one, two) = (FastRandom(), FastRandom())
        #expect(one.next() != two.next())
        #expect(Entropy.bytes(16) != Entropy.bytes(16))
        #expect(Entropy.bytes(0) == [])
    }
}
