import Glibc
import SystemIO
import TestSupport
import Testing

@testable import Threading

@Suite(.serialized) struct JobSlotsTests {
    @Test(arguments: ["", "k -j4", "-j --output-sync", "-- A=--jobs"])
    func `without a jobserver there are no slots`(flags: String) {
        #expect(JobSlots(makeFlags: flags) == nil)
    }

    @Test func `slots of a pipe are taken until none is left, and all come back`() throws {
        let pipe = try Descriptor.pipe()
        try pipe.writing.writeAll("abc")
        let flags = " -j4 --jobserver-auth=\(pipe.reading.raw),\(pipe.writing.raw)"
        do {
            let slots = try #require(JobSlots(makeFlags: flags))
            #expect((0..<5).map { _ in slots.take() } == [true, true, true, false, false])
            slots.giveBack()
            #expect(slots.take())
        }
        // The one that was taken last came back when the object went.
        #expect(try bytes(in: pipe.reading).sorted() == Array("abc".utf8))
    }

    @Test func `slots of a named pipe work the same`() throws {
        let folder = try WorkDirectory()
        let path = folder.path("jobs")
        #expect(try runShell("mkfifo jobs", currentDirectory: folder.path).status == 0)
        // Opened for both, as make does, so that nobody waits for a peer.
        let raw = open(path, O_RDWR | O_CLOEXEC)
        #expect(raw >= 0)
        let fifo = Descriptor(raw: raw, closing: true, name: path)
        try fifo.writeAll("++")
        let slots = try #require(JobSlots(makeFlags: "-j3 --jobserver-auth=fifo:\(path)"))
        #expect((0..<3).map { _ in slots.take() } == [true, true, false])
        slots.giveBack()
        #expect(try bytes(in: fifo) == Array("++".utf8))
    }

    @Test(arguments: [
        "-j2 --jobserver-auth=-2,-2", "-j2 --jobserver-fds=901,902", "-j2 --jobserver-auth=fifo:/nowhere",
    ])
    func `a jobserver that was not passed on has none to give`(flags: String) throws {
        let slots = try #require(JobSlots(makeFlags: flags))
        #expect(!slots.take())
        let pool = WorkerPool(workers: 4, slots: slots)
        #expect(!pool.hasHelp)
        pool.end()
    }

    @Test func `a pool starts no more threads than there are slots`() throws {
        let pipe = try Descriptor.pipe()
        try pipe.writing.writeAll("x")
        let slots = try #require(JobSlots(makeFlags: "--jobserver-auth=\(pipe.reading.raw),\(pipe.writing.raw)"))
        let pool = WorkerPool(workers: 4, slots: slots)
        let tasks = (0..<50).map { _ in pool.submit(.ordinary) { worker in #expect(worker < 2) } }
        for task in tasks { pool.wait(for: task) }
        pool.end()
        #expect(try bytes(in: pipe.reading) == Array("x".utf8))
    }

    @Test func `a control group's share is rounded up to whole processors`() throws {
        let folder = try WorkDirectory()
        for (text, expected) in [("150000 100000\n", 2), ("max 100000\n", nil), ("100000 100000", 1), ("", nil)] {
            try Files.atomicWrite(folder.path("cpu.max"), Array(text.utf8), mode: 0o600)
            #expect(Processors.quota(of: folder.path("cpu.max")) == expected)
        }
        #expect(Processors.quota(of: folder.path("none")) == nil)
        #expect(Processors.available >= 1)
    }

    private func bytes(in pipe: borrowing Descriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while pipe.isReadable { bytes += try pipe.readByte() }
        return bytes
    }
}

extension Descriptor {
    fileprivate func readByte() throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { buffer.deallocate() }
        return Array(buffer.prefix(try read(into: buffer)))
    }
}
