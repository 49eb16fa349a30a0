import Glibc
import SystemIO
import Testing

/// SystemIO's own tests do without TestSupport, which is built on it.
final class Folder {
    let path: String
    init() throws {
        path = "/tmp/dlt-systemio-" + Entropy.bytes(8).map { String($0, radix: 16) }.joined()
        try Files.makeDirectory(path)
    }
    deinit { try? Files.removeTree(path) }
    func path(_ name: String) -> String { Paths.join(path, name) }
}

struct FilesTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `an atomic write replaces the contents and leaves nothing else`() throws {
        let path = folder.path("state.json")
        try Files.atomicWrite(path, Array("one".utf8))
        try Files.atomicWrite(path, Array("two".utf8), mode: 0o640)
        #expect(try Files.readAll(path) == Array("two".utf8))
        #expect(try Files.list(folder.path) == ["state.json"])
        #expect(try Files.stat(path).mode == 0o640)
    }

    // Not tried with a device of the machine, which a failure would replace.
    @Test func `a pipe is written to, and stays what it is`() throws {
        #expect(Files.isWrittenThrough("/dev/null") && Files.isWrittenThrough("/dev/stdout"))
        #expect(!Files.isWrittenThrough("/dev/shm/file") && !Files.isWrittenThrough(folder.path("file")))
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        try Files.atomicWrite(pipe, Array("three".utf8))
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(reader, &bytes, bytes.count)
        close(reader)
        #expect(count == 5 && bytes.prefix(5).elementsEqual("three".utf8))
        #expect(try Files.stat(pipe).kind == .other)
        #expect(try Files.list(folder.path) == ["pipe"])
    }

    @Test func `an atomic write that fails names the file and leaves nothing`() throws {
        try Files.makeDirectory(folder.path("taken"))
        try Files.makeDirectory(folder.path("taken/inside"))
        let error = #expect(throws: SystemError.self) { try Files.atomicWrite(folder.path("taken"), [1]) }
        #expect(error?.object == folder.path("taken"))
        #expect(try Files.list(folder.path) == ["taken"])
    }

    @Test func `a tree is removed without following links`() throws {
        try Files.makeDirectory(folder.path("a/b/c"), intermediates: true)
        try Files.makeDirectory(folder.path("other"))
        try Files.atomicWrite(folder.path("other/kept"), [1])
        try Files.atomicWrite(folder.path("a/b/file"), [1])
        #expect(symlink(folder.path("other"), folder.path("a/b/link")) == 0)
        #expect(symlink("nowhere", folder.path("a/dangling")) == 0)
        try Files.removeTree(folder.path("a"))
        #expect(!Files.exists(folder.path("a")))
        #expect(Files.exists(folder.path("other/kept")))
        try Files.removeTree(folder.path("a"))
    }

    @Test func `removing a link to a folder keeps the folder`() throws {
        try Files.makeDirectory(folder.path("real"))
        #expect(symlink("real", folder.path("link")) == 0)
        try Files.removeTree(folder.path("link"))
        #expect(try Files.list(folder.path) == ["real"])
    }

    @Test func `names are listed in order`() throws {
        for name in ["b", "a", ".c", "B"] { try Files.atomicWrite(folder.path(name), []) }
        #expect(try Files.list(folder.path) == [".c", "B", "a", "b"])
        let error = #expect(throws: SystemError.self) { try Files.list(folder.path("absent")) }
        #expect(error?.code == ENOENT)
    }

    @Test func `a pattern is expanded`() throws {
        for name in ["1.csv", "2.csv", "3.json"] { try Files.atomicWrite(folder.path(name), []) }
        #expect(try Files.glob(folder.path("*.csv")) == [folder.path("1.csv"), folder.path("2.csv")])
        #expect(try Files.glob(folder.path("{3,1}.*")).count == 2)
        #expect(try Files.glob(folder.path("*.xml")) == [])
    }

    @Test func `folders are made with those above them`() throws {
        try Files.makeDirectory(folder.path("x/y/z"), intermediates: true)
        try Files.makeDirectory(folder.path("x/y/z"), intermediates: true)
        #expect(Files.isDirectory(folder.path("x/y/z")))
        #expect(try Files.stat(folder.path("x")).mode == 0o700)
        #expect(throws: SystemError.self) { try Files.makeDirectory(folder.path("x")) }
        try Files.atomicWrite(folder.path("file"), [])
        #expect(throws: SystemError.self) { try Files.makeDirectory(folder.path("file/sub"), intermediates: true) }
    }

    @Test func `the status tells kind, size and time`() throws {
        try Files.atomicWrite(folder.path("f"), [1, 2, 3])
        let status = try Files.stat(folder.path("f"))
        #expect(status.kind == .regular)
        #expect(status.size == 3)
        #expect(abs(status.modified / 1000 - Clock.nowMicroseconds()) < 60_000_000)
        #expect(symlink("f", folder.path("l")) == 0)
        #expect(try Files.stat(folder.path("l"), followingLinks: false).kind == .symbolicLink)
        #expect(try Files.stat(folder.path("l")).isSameFile(as: status))
        #expect(try Files.realPath(folder.path("l")) == Files.realPath(folder.path("f")))
    }

    @Test func `everything is read from a file of unknown size`() throws {
        #expect(try Files.readAll("/proc/self/status").count > 100)
        #expect(try Files.readAll("/dev/null") == [])
    }

    @Test func `removing what is absent is fine`() throws {
        try Files.remove(folder.path("absent"))
    }
}

struct WriterTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `pieces of any size arrive in order`() throws {
        let writer = BufferedWriter(try Descriptor.create(folder.path("out")), bufferBytes: 16)
        var expected: [UInt8] = []
        for round in 0..<100 {
            let piece = [UInt8](repeating: UInt8(round), count: round % 40)
            try writer.append(piece)
            try writer.append(0x0A)
            try writer.append("static" as StaticString)
            try writer.append("täxt" as String)
            try writer.append("")
            expected += piece + [0x0A] + Array("statictäxt".utf8)
        }
        try writer.close(synchronizing: true)
        #expect(try Files.readAll(folder.path("out")) == expected)
        try writer.close()
        #expect(throws: SystemError.self) {
            try writer.append(1)
            try writer.flush()
        }
    }

    @Test func `a reader that went away is an error`() throws {
        StopSignal.ignoreSIGPIPE()
        let pipe = try Descriptor.pipe()
        let writer = try writerAfterClosingReader(pipe)
        try writer.append("x" as String)
        let error = #expect(throws: SystemError.self) { try writer.flush() }
        #expect(error?.code == EPIPE)
    }

    private func writerAfterClosingReader(_ pipe: consuming Descriptor.Pipe) throws -> BufferedWriter {
        try pipe.reading.close()
        return BufferedWriter(pipe.writing)
    }

    @Test func `a full disk is an error`() throws {
        let file = try Descriptor.create("/dev/full")
        let error = #expect(throws: SystemError.self) { try file.writeAll("x") }
        #expect(error?.code == ENOSPC)
        #expect(error?.description == "unable to write /dev/full: No space left on device")
    }

    @Test func `a file can be created only once exclusively`() throws {
        _ = try Descriptor.create(folder.path("f"), exclusive: true)
        #expect(throws: SystemError(code: EEXIST, operation: "create", object: folder.path("f"))) {
            _ = try Descriptor.create(folder.path("f"), exclusive: true)
        }
    }
}

struct FileLockTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `a lock excludes until it is released`() throws {
        let path = folder.path("lock")
        do {
            let held = try FileLock.acquire(path, .exclusive)
            let error = #expect(throws: SystemError.self) {
                _ = try FileLock.acquire(path, .shared, wait: .seconds(0.05))
            }
            #expect(error?.code == EWOULDBLOCK)
            #expect(held.path == path)
        }
        let first = try FileLock.acquire(path, .shared, wait: .seconds(0))
        let second = try FileLock.acquire(path, .shared, wait: .seconds(0))
        #expect(first.path == second.path)
    }

    @Test func `a folder can be locked`() throws {
        let held = try FileLock.acquire(folder: folder.path, .shared)
        #expect(throws: SystemError.self) {
            _ = try FileLock.acquire(folder: held.path, .exclusive, wait: .seconds(0))
        }
    }

    @Test func `a folder that moves away while its lock is awaited is absent`() throws {
        let path = folder.path("package")
        try Files.makeDirectory(path)
        let script = "mv \"$0\" \"$0.moved\"; echo; sleep 0.2"
        var mover = try ChildProcess.spawn(argv: ["flock", path, "sh", "-c", "echo; sleep 0.2; " + script, path])
        let output = mover.standardOutput.take()
        var byte: [UInt8] = [0]
        _ = try byte.withUnsafeMutableBytes { try output?.read(into: $0) }
        let error = #expect(throws: SystemError.self) { _ = try FileLock.acquire(folder: path, .shared) }
        #expect(error?.code == ENOENT)
        #expect(try Files.list(folder.path) == ["package.moved"])
        #expect(try mover.wait().isSuccess)
    }

    @Test func `a folder that is absent cannot be locked`() throws {
        #expect(throws: SystemError.self) { _ = try FileLock.acquire(folder.path("no/lock"), .exclusive) }
        #expect(throws: SystemError.self) { _ = try FileLock.acquire(folder: folder.path("no"), .exclusive) }
        #expect(!Files.exists(folder.path("no")))
    }
}
